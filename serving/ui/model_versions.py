"""The screen of models: registered versions and how they did, training, the gate before a champion, the way back."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from core.errors import ModelNotFoundError
from serving.access import Scope, tenant_settings
from serving.access.gate import PAGE
from serving.demand.datasets import need_dataset
from serving.demand.model_answers import PromotionRequest, RollbackRequest
from serving.demand.model_routes import list_models, promote_model, roll_back_model
from serving.environment import quiet_tracking
from serving.jobs.job_schemas import TrainJobRequest
from serving.jobs.routes import create_training_job
from serving.problems import ApiProblem
from serving.ui.backtest_chart import backtest_of
from serving.ui.data_tabs import data_page
from serving.ui.forms import answer_of, as_api, body_of, new_once
from serving.ui.page import page
from serving.ui.visit import Visit, visiting

__all__ = ["promote", "roll_back", "router", "show_backtest", "show_card", "show_list", "show_models", "train"]

router = APIRouter(prefix=f"{PAGE}/data/models")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Training = Annotated[Visit, visiting(Scope.MODEL_TRAIN)]
Version = Annotated[str, Path(pattern=r"^[0-9]{1,9}$")]
Once = Annotated[str, Form(max_length=100)]
Reason = Annotated[str, Form(max_length=2_000)]
BAR_WIDTH = 300.0
FILE = "judged_curves.json"
"""What `training.judged_curves` keeps with a version; not imported, for the registry takes long to load."""


@router.get("")
def show_models(visit: Looking) -> Response:
    """Show the frame at once; the registry takes a moment and comes after it."""
    return data_page(visit, "data_models.html", "models")


@router.get("/list")
def show_list(visit: Looking) -> Response:
    """Show the registered versions, newest first, each beside seasonal naive on the same backtest."""
    return page(visit, "data_models_list.html", said="", job=None, **_versions(visit))


@router.get("/{version}/card")
def show_card(visit: Looking, version: Version) -> Response:
    """Show the card that was kept with a version: what it learned from, how it was judged, what it is not for."""
    return page(visit, "data_models_card.html", text=_kept(visit, version, "evaluation/model_card.md"))


@router.get("/{version}/backtest")
def show_backtest(visit: Looking, version: Version) -> Response:
    """Show a version's backtest: reliability of its quantiles, the transform, loss by how far ahead."""
    try:
        backtest = backtest_of(_kept(visit, version, f"evaluation/{FILE}"))
    except ModelNotFoundError:
        backtest = None
    return page(visit, "data_models_backtest.html", version=version, backtest=backtest)


@router.post("/train")
async def train(visit: Training, once: Once) -> Response:
    """Ask for a training job; the model that comes of it is a challenger until it passes the gate."""
    body = body_of(TrainJobRequest, dataset=visit.dataset)
    told = await create_training_job(as_api(visit.request, once), visit.known, body)
    return await _after(visit, answer_of(told))


@router.post("/{version}/promote")
async def promote(visit: Training, version: Version, once: Once, reason: Reason = "") -> Response:
    """Put a version through the gate, as a job; with a reason it is promoted though the gate refuses."""
    body = body_of(PromotionRequest, dataset=visit.dataset, reason=reason.strip() or None)
    told = await promote_model(as_api(visit.request, once), visit.known, version, body)
    return await _after(visit, answer_of(told))


@router.post("/{version}/rollback")
async def roll_back(visit: Training, version: Version, once: Once, reason: Reason = "") -> Response:
    """Make the former champion champion again."""
    body = body_of(RollbackRequest, dataset=visit.dataset, version=version, reason=reason)
    told = await run_in_threadpool(roll_back_model, as_api(visit.request, once), visit.known, body)
    said = visit.words("Version {version} is champion again.", version=answer_of(told)["champion"])
    return await _after(visit, None, said)


async def _after(visit: Visit, job: dict[str, Any] | None, said: str = "") -> Response:
    facts = await run_in_threadpool(_versions, visit)
    return page(visit, "data_models_list.html", said=said, job=job, **facts)


def _versions(visit: Visit) -> dict[str, Any]:
    try:
        found = answer_of(list_models(visit.request, visit.known, visit.dataset))["items"]
    except (ModelNotFoundError, ApiProblem) as error:
        if error.code not in ("model.not_found", "dataset.unknown"):
            raise
        found = []
    scores = [item["metrics"].get(name, 0.0) for item in found for name in ("wql", "wql_of_seasonal_naive")]
    largest = max(scores, default=0.0) or 1.0
    may_train = visit.known.may(Scope.MODEL_TRAIN)
    return {"versions": found, "scale": BAR_WIDTH / largest, "may_train": may_train, "once": new_once}


def _kept(visit: Visit, version: str, file: str) -> str:
    """Return the text of a file that was kept with a version."""
    from training.versions import artifact_text, find_version

    with visit.platform.database.reading() as connection:
        name = need_dataset(visit.platform, connection, visit.known.tenant, visit.dataset).model_name
    settings = tenant_settings(visit.platform.settings, visit.known.tenant)
    with quiet_tracking():
        return artifact_text(find_version(name, settings, version), file, settings).strip()

"""`/v1/models`: the registered versions of a dataset's model, the gate before a new champion, and the way back."""

import math
from typing import Annotated, Any

import pandas as pd
import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from core.errors import ModelNotFoundError, StateError
from core.settings import Settings
from serving.access import Caller, Scope, needs, tenant_settings
from serving.audit import record
from serving.demand.datasets import DEFAULT_DATASET, need_dataset
from serving.demand.model_answers import (
    ModelsAnswer,
    ModelVersionAnswer,
    PromotionRequest,
    RollbackAnswer,
    RollbackRequest,
)
from serving.documentation import problems_of
from serving.environment import quiet_tracking
from serving.jobs.job_answers import JobAnswer
from serving.jobs.submission import submit
from serving.once import Answer, replayed, run_once
from serving.platform import Platform, platform_of

__all__ = ["get_model", "list_models", "promote_model", "roll_back_model", "router"]

router = APIRouter(prefix="/v1/models", tags=["models"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Trainer = Annotated[Caller, needs(Scope.MODEL_TRAIN)]
Dataset = Annotated[str, Query(max_length=63)]
Version = Annotated[str, Path(pattern=r"^([0-9]{1,9}|challenger)$", examples=["challenger"])]
METRICS = ("wql", "scaled_pinball", "bias", "calibration_error", "wql_of_seasonal_naive")


@router.get("", operation_id="listModels", response_model=ModelsAnswer, responses=problems_of(404, 422))
def list_models(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """List the registered versions of a dataset's model, newest first."""
    name, items = _versions(platform_of(request), caller, dataset)
    return JSONResponse({"name": name, "dataset": dataset, "items": items})


@router.get("/{version}", operation_id="getModel", response_model=ModelVersionAnswer, responses=problems_of(404, 422))
def get_model(request: Request, caller: Reader, version: Version, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Show one version, by its number, or the challenger."""
    name, items = _versions(platform_of(request), caller, dataset)
    found = next((item for item in items if version in (item["version"], item["rank"])), None)
    if found is None:
        raise ModelNotFoundError(f"{name} has no version {version!r}; GET /v1/models lists what is there")
    return JSONResponse(found)


@router.post(
    "/{version}/promote",
    operation_id="promoteModel",
    status_code=202,
    response_model=JobAnswer,
    responses=problems_of(404, 409),
)
async def promote_model(request: Request, caller: Trainer, version: Version, body: PromotionRequest) -> Response:
    """Put a version through the gate against the champion, as a job; where it fails the champion stays."""
    kept = await run_in_threadpool(replayed, request, caller)
    if kept is not None:
        return kept
    await run_in_threadpool(_check_version, platform_of(request), caller, body.dataset, version)
    facts = {"version": version, **body.model_dump(exclude_none=True)}
    return await submit(request, caller, "promote", facts)


@router.post(
    "/rollback",
    operation_id="rollBackModel",
    response_model=RollbackAnswer,
    responses=problems_of(404, 409),
)
def roll_back_model(request: Request, caller: Trainer, body: RollbackRequest) -> Response:
    """Make the former champion champion again; the one taken back never answers until it is promoted anew."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        name, settings = _registered(platform, connection, caller, body.dataset)
        champion = _take_back(name, settings, body)
        facts = {"taken_back": body.version, "champion": champion, "reason": body.reason}
        record(connection, caller, "model.rollback", f"/v1/models/{body.version}", facts)
        return Answer(200, {"champion": champion, "taken_back": body.version})

    answer = run_once(request, caller, effect)
    platform.host.nudge(caller.tenant, body.dataset)
    return answer


def _check_version(platform: Platform, caller: Caller, dataset: str, version: str) -> None:
    """Raise what tells that the dataset or the version is not there: before a job is asked for."""
    from training.versions import find_version

    with platform.database.reading() as connection:
        name, settings = _registered(platform, connection, caller, dataset)
    with quiet_tracking():
        find_version(name, settings, version)


def _take_back(name: str, settings: Settings, body: RollbackRequest) -> str:
    """Roll back unless that was done already (the registry is no part of the transaction); return the champion.

    Raises StateError where another version is champion.
    """
    from training.versions import CHAMPION, find_version, roll_back

    with quiet_tracking():
        wanted, champion = find_version(name, settings, body.version), find_version(name, settings, CHAMPION)
        if wanted.is_champion:
            champion, _ = roll_back(name, settings, body.reason)
        elif not wanted.rolled_back:
            raise StateError(f"version {body.version} is not the champion, {champion.version} is; name that one")
        return champion.version


def _registered(platform: Platform, connection: sa.Connection, caller: Caller, dataset: str) -> tuple[str, Settings]:
    state = need_dataset(platform, connection, caller.tenant, dataset)
    return state.model_name, tenant_settings(platform.settings, caller.tenant)


def _versions(platform: Platform, caller: Caller, dataset: str) -> tuple[str, list[dict[str, Any]]]:
    from training.versions import table_of_versions

    with platform.database.reading() as connection:
        name, settings = _registered(platform, connection, caller, dataset)
    with quiet_tracking():
        table = table_of_versions(name, settings)
    return name, [_shown(row) for row in table.to_dict("records")]


def _shown(row: dict[Any, Any]) -> dict[str, Any]:
    numbers = {name: float(row[name]) for name in METRICS if not pd.isna(row[name])}
    return {
        **{name: str(row[name]) for name in ("version", "rank", "as_of", "recipe")},
        "horizon": int(row["horizon"]),
        "metrics": {name: round(value, 6) for name, value in numbers.items() if math.isfinite(value)},
        "run_id": str(row["run"]),
    }

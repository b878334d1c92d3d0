"""The screen of data: what the dataset holds, and tables uploaded into it with a report of what is wrong."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, UploadFile
from starlette.responses import Response

from core.errors import FillrateError
from inventory.schema import TABLES
from serving.access import Scope
from serving.access.gate import PAGE
from serving.demand.dataset_routes import get_upload_errors, upload_table
from serving.demand.dataset_views import dataset_answer, upload_record, versions_answer
from serving.demand.uploads import Action, Mode, Policy
from serving.problems import ApiProblem
from serving.ui.data_tabs import data_page
from serving.ui.forms import answer_of, as_api, new_once
from serving.ui.page import page
from serving.ui.visit import Visit, visiting

__all__ = ["download_errors", "media_type_of", "router", "show_data", "show_tables", "upload"]

router = APIRouter(prefix=f"{PAGE}/data")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Writing = Annotated[Visit, visiting(Scope.DATA_WRITE)]
JOB_FROM_BYTES = 4_000_000
"""Files from this size on are imported by a job, with progress."""
SUFFIXES = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
}
SHOWN_VERSIONS = 20


@router.get("")
def show_data(visit: Looking) -> Response:
    """Show the tables, the versions, and where to drop a file."""
    facts = {"table_names": list(TABLES), "kinds": ",".join([*SUFFIXES, ".gz"]), "report": None}
    return data_page(visit, "data.html", "data", **_tables(visit), **facts)


@router.get("/tables")
def show_tables(visit: Looking) -> Response:
    """Show tables and versions alone, after an upload."""
    return page(visit, "data_tables.html", **_tables(visit))


@router.post("/upload")
def upload(
    visit: Writing,
    once: Annotated[str, Form(max_length=100)],
    table: Annotated[str, Form(max_length=40)],
    file: Annotated[UploadFile, File()],
    mode: Annotated[Mode, Form()] = Mode.VALIDATE,
    policy: Annotated[Policy, Form()] = Policy.ATOMIC,
    action: Annotated[Action, Form()] = Action.UPSERT,
) -> Response:
    """Check or import a file; whatever is wrong with it is shown row by row, nothing is written then."""
    name, data = file.filename or "", file.file.read()
    headers = {"content-type": media_type_of(name)}
    if mode is Mode.WRITE and len(data) >= JOB_FROM_BYTES:
        headers["prefer"] = "respond-async"
    digest = hashlib.sha256("\n".join((table, mode, policy, action, name)).encode() + data).hexdigest()
    request = as_api(visit.request, once, headers=headers, digest=digest)
    try:
        told = upload_table(request, visit.known, visit.dataset, table, data, mode, policy, action)
    except (ApiProblem, FillrateError) as error:
        problem = error if isinstance(error, ApiProblem) else ApiProblem.of(error)
        if problem.code != "data.invalid":
            raise problem from None
        return _report(visit, name, _refused(visit, table, problem), 422)
    answer = answer_of(told)
    if told.status_code == 202:
        return page(visit, "data_job.html", job=answer, once=new_once)
    return _report(visit, name, answer)


@router.get("/uploads/{upload_id}/errors")
def download_errors(visit: Looking, upload_id: Annotated[str, Path(max_length=32)]) -> Response:
    """Answer all bad rows of an upload as CSV."""
    return get_upload_errors(visit.request, visit.known, visit.dataset, upload_id)


def media_type_of(name: str) -> str:
    """Return the media type that a file's name tells; raises ApiProblem `media_type.unsupported`."""
    bare = name.lower().removesuffix(".gz")
    found = next((kind for suffix, kind in SUFFIXES.items() if bare.endswith(suffix)), None)
    if found is None:
        raise ApiProblem("media_type.unsupported", f"{name!r} is no table; send one of {', '.join(SUFFIXES)}")
    return found


def _tables(visit: Visit) -> dict[str, Any]:
    """Return the dataset and its versions; both empty where nothing was uploaded yet."""
    tenant, may_write = visit.known.tenant, visit.known.may(Scope.DATA_WRITE)
    more = {"may_write": may_write, "once": new_once}
    try:
        found = dataset_answer(visit.platform, tenant, visit.dataset)
        versions = versions_answer(visit.platform, tenant, visit.dataset, SHOWN_VERSIONS, None)["items"]
    except ApiProblem as problem:
        if problem.code != "dataset.unknown":
            raise
        return {"dataset": None, "versions": [], **more}
    return {"dataset": found, "versions": versions, **more}


def _refused(visit: Visit, table: str, problem: ApiProblem) -> dict[str, Any]:
    """Return what was kept of a refused upload; of a file that cannot be read at all, what stands in the refusal."""
    link = problem.headers.get("Link", "")
    if "/uploads/" in link:
        upload_id = link.split("/uploads/")[1].split("/")[0]
        kept: dict[str, Any] = upload_record(visit.platform, visit.known.tenant, visit.dataset, upload_id).answer
        return kept
    errors = [{"row": None, "column": None, **item} for item in problem.errors]
    told = errors or [{"row": None, "column": None, "message": problem.detail}]
    return {"status": "refused", "table": table, "rows": None, "errors": told, "error_file": None, "warnings": []}


def _report(visit: Visit, name: str, report: dict[str, Any], status: int = 200) -> Response:
    bad = report["error_file"]
    file = f"{PAGE}/data/uploads/{report['upload_id']}/errors" if bad else None
    facts = {"report": report, "name": name, "file": file}
    answer = page(visit, "data_report.html", status, **facts)
    answer.headers["HX-Trigger"] = "data-changed"
    return answer

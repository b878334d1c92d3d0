"""`/v1/datasets`: which there are, upload of tables, rows, versions, error files, configuration."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import JSONResponse, Response

from inventory.upload_formats import MEDIA_TYPES, UploadFormat
from serving.access import Caller, Scope, needs
from serving.demand import dataset_answers as answers
from serving.demand.dataset_rows import read_rows
from serving.demand.dataset_settings import change_settings
from serving.demand.dataset_views import dataset_answer, datasets_answer, upload_record, versions_answer
from serving.demand.datasets import forget_old_versions, is_named, store_of
from serving.demand.uploads import (
    Action,
    DatasetMoved,
    Mode,
    Policy,
    Prepared,
    UploadRequest,
    commit,
    keep_upload,
    outcome,
    prepare,
    refusal,
)
from serving.documentation import problems_of
from serving.jobs.import_job import keep_for_import
from serving.jobs.job_answers import JobAnswer
from serving.jobs.submission import submit_if_preferred
from serving.once import replayed, run_once
from serving.paging import Cursor, Limit
from serving.platform import Platform, platform_of
from serving.problems import ApiProblem

__all__ = [
    "get_dataset",
    "get_upload",
    "get_upload_errors",
    "list_dataset_versions",
    "list_datasets",
    "list_rows",
    "put_dataset",
    "router",
    "upload_table",
]

ATTEMPTS = 4
"""Times that an upload is prepared anew where others came first, before the client is told to come again."""

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]
Name = Annotated[str, Path(max_length=63, examples=["default"])]
Table = Annotated[str, Path(max_length=40, examples=["sales"])]

_ROWS = {"type": "array", "items": {"type": "object"}}
_EXAMPLE = [{"sku": "A-1", "date": "2024-07-29", "units": 12, "unit_of_measure": "EA"}]
_CONTENT = {
    media: {"schema": _ROWS, "example": _EXAMPLE}
    if kind is UploadFormat.JSON
    else {"schema": {"type": "string", "format": "binary"}}
    for media, kind in MEDIA_TYPES.items()
}


async def _body(request: Request) -> bytes:
    return await request.body()


@router.get(
    "",
    operation_id="listDatasets",
    response_model=answers.DatasetsAnswer,
)
def list_datasets(request: Request, caller: Reader) -> Response:
    """List the tenant's datasets by name: version, tables, configuration, and what answers for each."""
    return JSONResponse(datasets_answer(platform_of(request), caller.tenant))


@router.get(
    "/{dataset}",
    operation_id="getDataset",
    response_model=answers.DatasetAnswer,
    responses=problems_of(404),
)
def get_dataset(request: Request, caller: Reader, dataset: Name) -> Response:
    """Show a dataset as it stands: version, tables, configuration, and what answers for it."""
    return JSONResponse(dataset_answer(platform_of(request), caller.tenant, dataset))


@router.put(
    "/{dataset}",
    operation_id="putDataset",
    response_model=answers.SettingsAnswer,
    responses=problems_of(404),
)
def put_dataset(
    request: Request,
    caller: Writer,
    dataset: Name,
    body: answers.DatasetSettings,
) -> Response:
    """Set a dataset's configuration (the keys of dataset.toml), all of it; a dataset that is not there is made."""
    kept = replayed(request, caller)
    if kept is not None:
        return kept
    platform = platform_of(request)
    answer = change_settings(request, platform, caller, dataset, body.model_dump(exclude_none=True))
    _settled(platform, caller, dataset)
    return answer


@router.post(
    "/{dataset}/tables/{table}",
    operation_id="uploadTable",
    status_code=201,
    response_model=answers.UploadAnswer,
    responses={
        200: {"model": answers.UploadAnswer, "description": "Validated, or nothing that was not there already"},
        202: {"model": JobAnswer, "description": "Prefer: respond-async: a job does it"},
        207: {"model": answers.UploadAnswer, "description": "best-effort: some rows were refused"},
        **problems_of(404),
    },
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
def upload_table(
    request: Request,
    caller: Writer,
    dataset: Name,
    table: Table,
    data: Annotated[bytes, Depends(_body)],
    mode: Annotated[Mode, Query(description="validate: a dry run")] = Mode.WRITE,
    policy: Annotated[Policy, Query(description="atomic: all rows or none")] = Policy.ATOMIC,
    action: Annotated[Action, Query(description="replace: the rows are the whole table")] = Action.UPSERT,
) -> Response:
    """Upload rows of a table: JSON, NDJSON, CSV (`,` `;` tab, decimal comma, gzip, cp1252), XLSX or Parquet.

    A row whose natural key is there changes it, others are added; a column that the upload does not have stays as it
    was. Each accepted upload is a new version of the dataset. With `Prefer: respond-async` a job does it (202).
    """
    platform = platform_of(request)
    asked = UploadRequest(dataset, table, _format(request), data, mode, policy, action)
    later = submit_if_preferred(request, caller, "import", lambda: keep_for_import(platform.settings, caller, asked))
    if later is not None:
        return later
    kept = replayed(request, caller) if mode is Mode.WRITE else None
    if kept is not None:
        return kept
    for _ in range(ATTEMPTS):
        made = prepare(platform, caller, asked)
        if mode is Mode.VALIDATE or made.refused:
            return _without_effect(platform, caller, made)
        try:
            answer = run_once(request, caller, partial(commit, platform, caller, made))
        except DatasetMoved:
            continue
        finally:
            _drop_unused(platform, caller, made)
        _settled(platform, caller, dataset)
        return answer
    raise ApiProblem(
        "dataset.busy", "Others are changing this dataset; send it again soon.", headers={"Retry-After": "2"}
    )


@router.get(
    "/{dataset}/tables/{table}",
    operation_id="listRows",
    response_model=answers.RowsAnswer,
    responses=problems_of(404),
)
def list_rows(
    request: Request,
    caller: Reader,
    dataset: Name,
    table: Table,
    updated_since: Annotated[
        AwareDatetime | None, Query(description="Rows that were added or changed at or after this moment")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List a table's rows, a page at a time; all pages come from one version."""
    since: datetime | None = updated_since
    return JSONResponse(read_rows(platform_of(request), caller.tenant, dataset, table, since, limit, cursor))


@router.get(
    "/{dataset}/versions",
    operation_id="listDatasetVersions",
    response_model=answers.VersionsAnswer,
    responses=problems_of(404),
)
def list_dataset_versions(
    request: Request, caller: Reader, dataset: Name, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the versions of a dataset, newest first."""
    return JSONResponse(versions_answer(platform_of(request), caller.tenant, dataset, limit, cursor))


@router.get(
    "/{dataset}/uploads/{upload_id}",
    operation_id="getUpload",
    response_model=answers.UploadAnswer,
    responses=problems_of(404),
)
def get_upload(
    request: Request, caller: Reader, dataset: Name, upload_id: Annotated[str, Path(max_length=32)]
) -> Response:
    """Show what came of an upload."""
    return JSONResponse(upload_record(platform_of(request), caller.tenant, dataset, upload_id).answer)


@router.get(
    "/{dataset}/uploads/{upload_id}/errors",
    operation_id="getUploadErrors",
    response_class=Response,
    responses={
        200: {
            "content": {"text/csv": {"schema": {"type": "string"}}},
            "description": "row, column, rule, remedy, value",
        },
        **problems_of(404),
    },
)
def get_upload_errors(
    request: Request, caller: Reader, dataset: Name, upload_id: Annotated[str, Path(max_length=32)]
) -> Response:
    """Download all bad rows of an upload as CSV, with what is wrong and what to do."""
    found = upload_record(platform_of(request), caller.tenant, dataset, upload_id)
    headers = {"Content-Disposition": f'attachment; filename="{found.table_name}.rejected.csv"'}
    return Response(found.error_file or "row,column,rule,remedy,value\n", 200, headers, media_type="text/csv")


def _format(request: Request) -> UploadFormat:
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media not in MEDIA_TYPES:
        known = ", ".join(sorted(set(MEDIA_TYPES)))
        raise ApiProblem("media_type.unsupported", f"Content-Type {media[:80]!r} is no table; send one of {known}.")
    return MEDIA_TYPES[media]


def _without_effect(platform: Platform, caller: Caller, made: Prepared) -> Response:
    """Answer a dry run, or refuse; either way what was found is kept under the upload's name."""
    body: dict[str, Any] = outcome(made)
    refused = made.asked.mode is Mode.WRITE
    with platform.database.transaction() as connection:
        keep_upload(connection, caller, made, body | ({"status": "refused"} if refused else {}))
    if refused:
        raise refusal(made)
    return JSONResponse(body)


def _drop_unused(platform: Platform, caller: Caller, made: Prepared) -> None:
    """Remove the version that was written, unless it counts now."""
    if made.folder is None:
        return
    with platform.database.reading() as connection:
        if is_named(connection, caller.tenant, made.asked.dataset, made.folder):
            return
    store_of(platform, caller.tenant, made.asked.dataset).drop(made.folder)


def _settled(platform: Platform, caller: Caller, dataset: str) -> None:
    """After the change is committed: old versions go, and the new one is loaded in the background."""
    forget_old_versions(platform, caller.tenant, dataset)
    platform.host.nudge(caller.tenant, dataset)

"""`/v1/imports`: reports of marketplaces and market tools into a dataset, the ledger and files."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import FileResponse, JSONResponse, Response

from inventory.imports.importing import kind_title
from inventory.imports.layout import import_kinds
from inventory.moment_text import DateOrder
from serving.access import Caller, Scope, needs
from serving.demand.dataset_views import shown_moment
from serving.demand.datasets import forget_old_versions
from serving.demand.uploads import DatasetMoved, Mode, Policy, microseconds
from serving.documentation import problems_of
from serving.imports import import_answers as answers
from serving.imports.committing import (
    commit_import,
    import_folder,
    keep_import,
    outcome_of_import,
    refusal_of_import,
    told_before,
)
from serving.imports.forgetting import KEPT
from serving.imports.import_request import ImportRequest, ImportWords
from serving.imports.import_tables import IMPORTS
from serving.imports.preparing import PreparedImport, prepare_import
from serving.imports.report_job import drop_unused, keep_for_report
from serving.jobs.job_answers import JobAnswer
from serving.jobs.submission import submit_for, submit_if_preferred
from serving.once import Answer, replayed, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import Platform, platform_of
from serving.problems import ApiProblem

__all__ = [
    "create_import",
    "get_import",
    "get_import_errors",
    "get_import_table",
    "list_import_kinds",
    "list_imports",
    "router",
]

SMALL_BYTES = 1_048_576
"""Larger reports become jobs by themselves."""
ATTEMPTS = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 4_000_000_000_000_000
"""Microseconds after which no cursor of ours lies."""

router = APIRouter(prefix="/v1", tags=["imports"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]
ImportId = Annotated[str, Path(max_length=32)]
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Pairs = Annotated[str, Query(max_length=4_000, description="`ours=theirs,…`")]

_EXAMPLE = "return-date\torder-id\tsku\tquantity\tdetailed-disposition\n2026-08-14\tO-1\tA-1\t1\tSELLABLE\n"
_CONTENT = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": _EXAMPLE},
    "text/tab-separated-values": {"schema": {"type": "string"}, "example": _EXAMPLE},
    "application/json": {"schema": {"type": "object"}},
}


async def _body(request: Request) -> bytes:
    return await request.body()


def _words(
    kind: Annotated[str, Query(max_length=40, examples=["customer-returns"], description="GET /v1/import-kinds")],
    dataset: Annotated[str, Query(max_length=63)] = "default",
    file: Word = "report",
    mode: Annotated[Mode, Query(description="validate: a dry run")] = Mode.WRITE,
    policy: Annotated[Policy, Query(description="atomic: all rows or none")] = Policy.ATOMIC,
    date: Annotated[str, Query(max_length=10, description="Day of a report that names none")] = "",
    location: Word = "main",
    channel: Word = "amazon",
    time_zone: Word = "",
    date_order: DateOrder = DateOrder.AUTO,
    inbound_days: Annotated[int | None, Query(ge=0, le=730)] = None,
    sku: Word = "",
    competitor: bool = False,
    replace_series: bool = False,
    table: Word = "",
    map: Pairs = "",
    set: Pairs = "",
) -> ImportWords:
    """Return what the address asks for."""
    return ImportWords(
        kind,
        dataset,
        file or "report",
        mode,
        policy,
        date,
        location or "main",
        channel,
        time_zone,
        date_order,
        inbound_days,
        sku,
        competitor,
        replace_series,
        table,
        map,
        set,
    )


@router.get("/import-kinds", operation_id="listImportKinds", response_model=answers.ImportKindsAnswer)
def list_import_kinds(request: Request, caller: Reader) -> Response:
    """List the kinds of report that can be imported, and what they become."""
    names = ("report", "title", "becomes")
    items = [{"kind": kind, **dict(zip(names, kind_title(kind), strict=True))} for kind in import_kinds()]
    return JSONResponse({"items": items})


@router.post(
    "/imports",
    operation_id="createImport",
    status_code=201,
    response_model=answers.ImportAnswer,
    responses={
        200: {"model": answers.ImportAnswer, "description": "Validated, or imported before"},
        202: {"model": JobAnswer, "description": "A job does it: respond-async, or more than a megabyte"},
        207: {"model": answers.ImportAnswer, "description": "best-effort: some rows were refused"},
        **problems_of(404),
    },
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
def create_import(
    request: Request,
    caller: Writer,
    words: Annotated[ImportWords, Depends(_words)],
    data: Annotated[bytes, Depends(_body)],
) -> Response:
    """Import a report: any text format and encoding, gzip, XLSX, Parquet or JSON, read by column name.

    Every row is kept, left out for a reason, or refused with row and column. Tables of the contract are merged into the
    dataset by natural key, movements recorded in the ledger, other tables kept as files. The same report with the same
    words is imported once.
    """
    platform, asked = platform_of(request), ImportRequest(words, data)
    later = submit_if_preferred(request, caller, "report", lambda: keep_for_report(platform.settings, caller, asked))
    if later is None and len(data) > SMALL_BYTES:
        later = submit_for(request, caller, "report", keep_for_report(platform.settings, caller, asked))
    if later is not None:
        return later
    if words.mode is Mode.WRITE:
        kept = replayed(request, caller) or _known(request, platform, caller, asked)
        if kept is not None:
            return kept
    return _import_now(request, platform, caller, asked)


@router.get("/imports", operation_id="listImports", response_model=answers.ImportsAnswer)
def list_imports(
    request: Request,
    caller: Reader,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List imports, newest first, a page at a time."""
    at = decode_cursor("imports", cursor, int, str)
    table = IMPORTS.c
    columns = (table.import_id, table.kind, table.dataset, table.status, table.actor, table.created_at)
    wanted = sa.select(*columns).where(table.tenant == caller.tenant)
    if kind is not None:
        wanted = wanted.where(table.kind == kind)
    if at is not None:
        moment = EPOCH + timedelta(microseconds=min(max(at[0], 0), LATEST))
        earlier = (table.created_at < moment) | ((table.created_at == moment) & (table.import_id < at[1]))
        wanted = wanted.where(earlier)
    with platform_of(request).database.reading() as connection:
        ordered = wanted.order_by(table.created_at.desc(), table.import_id.desc()).limit(limit + 1)
        rows = connection.execute(ordered).all()
    page, following = cut_page("imports", rows, limit, lambda row: (microseconds(row.created_at), row.import_id))
    items = [{**row._mapping, "created_at": shown_moment(row.created_at)} for row in page]
    return JSONResponse({"items": items, "next_cursor": following})


@router.get(
    "/imports/{import_id}",
    operation_id="getImport",
    response_model=answers.ImportAnswer,
    responses=problems_of(404),
)
def get_import(request: Request, caller: Reader, import_id: ImportId) -> Response:
    """Show the account of an import: what became of every row."""
    return JSONResponse(_found(platform_of(request), caller.tenant, import_id).answer)


@router.get(
    "/imports/{import_id}/errors",
    operation_id="getImportErrors",
    response_class=Response,
    responses={
        200: {
            "content": {"text/csv": {"schema": {"type": "string"}}},
            "description": "file, row, column, rule, remedy, value",
        },
        **problems_of(404),
    },
)
def get_import_errors(request: Request, caller: Reader, import_id: ImportId) -> Response:
    """Download all refused rows of an import as CSV, with what is wrong and what to do."""
    found = _found(platform_of(request), caller.tenant, import_id)
    headers = {"Content-Disposition": 'attachment; filename="refused.csv"'}
    return Response(found.error_file or "file,row,column,rule,remedy,value\n", 200, headers, media_type="text/csv")


@router.get(
    "/imports/{import_id}/tables/{table}",
    operation_id="getImportTable",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The table as CSV"},
        **problems_of(404),
    },
)
def get_import_table(
    request: Request, caller: Reader, import_id: ImportId, table: Annotated[str, Path(max_length=40)]
) -> Response:
    """Download a table that an import keeps as a file, such as charges; `report` has the rows with all columns."""
    platform = platform_of(request)
    found = _found(platform, caller.tenant, import_id)
    known = [item["table"] for item in found.answer.get("tables", []) if item["goes_to"] != "dataset"]
    path = import_folder(platform.settings, caller.tenant, found.import_id) / f"{table}.csv"
    if table not in known:
        raise ApiProblem("resource.unknown", f"This import keeps no table {table[:40]!r} as a file.")
    if not path.is_file():
        words = f"Files of imports are kept for {KEPT.days} days; send the report again to have the table {table!r}."
        raise ApiProblem("resource.unknown", words)
    return FileResponse(path, media_type="text/csv", filename=f"{table}.csv")


def _known(request: Request, platform: Platform, caller: Caller, asked: ImportRequest) -> Response | None:
    """Return the answer to the same import that took effect before: nothing is read again."""
    with platform.database.reading() as connection:
        before = told_before(connection, caller.tenant, asked.fingerprint)
    if before is None:
        return None
    answer = Answer(200, before, {"Location": f"/v1/imports/{before['import_id']}"})
    return run_once(request, caller, lambda connection: answer)


def _import_now(request: Request, platform: Platform, caller: Caller, asked: ImportRequest) -> Response:
    for _ in range(ATTEMPTS):
        made = prepare_import(platform, caller, asked)
        if asked.words.mode is Mode.VALIDATE or made.is_refused:
            return _without_effect(platform, caller, made)
        try:
            answer = run_once(request, caller, partial(commit_import, platform, caller, made))
        except DatasetMoved:
            continue
        finally:
            drop_unused(platform, caller.tenant, made)
        if made.number is not None:
            forget_old_versions(platform, caller.tenant, asked.words.dataset)
            platform.host.nudge(caller.tenant, asked.words.dataset)
        return answer
    raise ApiProblem(
        "dataset.busy", "Others are changing this dataset; send it again soon.", headers={"Retry-After": "2"}
    )


def _without_effect(platform: Platform, caller: Caller, made: PreparedImport) -> Response:
    """Answer a dry run, or refuse; either way what was found is kept under the import's name."""
    body: dict[str, Any] = outcome_of_import(caller, made)
    refused = made.asked.words.mode is Mode.WRITE
    with platform.database.transaction() as connection:
        keep_import(connection, caller, made, body | ({"status": "refused"} if refused else {}))
    if refused:
        raise refusal_of_import(made)
    return JSONResponse(body)


def _found(platform: Platform, tenant: str, import_id: str) -> sa.Row[Any]:
    table = IMPORTS.c
    wanted = sa.select(IMPORTS).where(table.tenant == tenant, table.import_id == import_id)
    with platform.database.reading() as connection:
        found = connection.execute(wanted).one_or_none()
    if found is None:
        raise ApiProblem("resource.unknown", f"There is no import {import_id!r}.")
    return found

"""What the routes of this area share: callers, names in paths, refusals, and the context of a dataset."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.requests import Request

from core.errors import UnknownSkuError
from serving.access import Caller, Scope, needs
from serving.context import Rows, ServiceContext
from serving.demand.contexts import context_of
from serving.documentation import problems_of
from serving.paging import decode_cursor
from serving.platform import platform_of
from serving.problems import ApiProblem
from serving.schemas import MAX_SERIES

__all__ = [
    "OVERLAP",
    "Approver",
    "NameInPath",
    "Planner",
    "Reader",
    "Word",
    "context_for",
    "moment_after",
    "problems",
    "read_position",
    "rows_of",
]

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Planner = Annotated[Caller, needs(Scope.DATA_WRITE)]
Approver = Annotated[Caller, needs(Scope.PO_APPROVE)]
NameInPath = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$", description="24 hexadecimal digits")]
Word = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]

Responses = Mapping[int | str, dict[str, Any]]
NONE: Responses = {}

OVERLAP = timedelta(seconds=30)
"""What `next_updated_since` goes back: a transaction that began earlier may commit later, but not that much later."""


def problems(*statuses: int, also: Responses = NONE) -> dict[int | str, dict[str, Any]]:
    """Return the answers of an operation beside its usual one: refusals of its own, and `also` what is no refusal."""
    return dict(also) | problems_of(*statuses)


def context_for(request: Request, caller: Caller, dataset: str) -> ServiceContext:
    """Return what a dataset of the caller's tenant is planned from; raises ApiProblem `dataset.unknown`."""
    return context_of(platform_of(request), caller.tenant, dataset)


def rows_of(context: ServiceContext, skus: list[str] | None) -> Rows:
    """Return the context's rows of some SKUs (None: all); raises ApiProblem pointing at each unknown one."""
    wanted = list(context.rows_by_sku) if skus is None else skus
    unknown = [place for place, sku in enumerate(wanted) if sku not in context.rows_by_sku]
    if unknown:
        errors = [
            {"pointer": f"#/skus/{place}", "code": UnknownSkuError.code, "message": f"{wanted[place]} is not there"}
            for place in unknown
        ]
        shown = ", ".join(wanted[place] for place in unknown[:10]) + (" …" if len(unknown) > 10 else "")
        raise ApiProblem(UnknownSkuError.code, f"Not in the dataset: {shown}. GET /v1/products lists what is.", errors)
    rows = context.find_skus(wanted)
    if len(rows) > MAX_SERIES:
        message = f"{len(rows):,} series (SKU × location) are more than {MAX_SERIES:,}; name fewer SKUs"
        error = {"pointer": "#/skus", "code": "limit", "message": message}
        raise ApiProblem("request.invalid", f"#/skus: {message}", [error])
    return rows


def read_position(resource: str, cursor: str | None) -> tuple[datetime, str] | None:
    """Return the (moment, name) that a cursor stands for; raises ApiProblem for what is no cursor of the list."""
    found = decode_cursor(resource, cursor, str, str)
    if found is None:
        return None
    return moment_after(found[0]), found[1]


def moment_after(text: str) -> datetime:
    """Return the aware moment that a cursor of ours holds; raises ApiProblem for another text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        error = {"parameter": "cursor", "code": "cursor", "message": "not a cursor of this resource"}
        raise ApiProblem("request.invalid", "cursor: not a cursor of this resource", [error])
    return moment

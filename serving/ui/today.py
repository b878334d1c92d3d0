"""The first screen: how the shop stands today."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Scope
from serving.access.gate import PAGE
from serving.demand.contexts import context_of
from serving.ui.page import page
from serving.ui.visit import Visit, visiting

__all__ = ["router", "show_today"]

router = APIRouter(prefix=PAGE)

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]


@router.get("/today")
def show_today(visit: Looking) -> Response:
    """Show which data and which model answer, and how fresh they are."""
    context = context_of(visit.platform, visit.known.tenant, visit.dataset)
    model = context.distribution.model
    return page(
        visit,
        "today.html",
        screen="today",
        dataset=context.dataset,
        freshness=context.freshness,
        products=len(context.rows_by_sku),
        series=len(context.rows),
        model=model,
    )

"""The orders of the board as a file for a spreadsheet: what was asked for, in its order, CSV or XLSX."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from serving.access import Scope
from serving.access.gate import PAGE
from serving.proposals.amounts import amount_text
from serving.proposals.proposal_store import state_of
from serving.proposals.purchase_order_file import FileFormat, Sheet, render_sheet
from serving.ui.proposal_board import BoardGroup, saving_of
from serving.ui.proposal_view import Filter, board
from serving.ui.visit import Visit, visiting

__all__ = ["COLUMNS", "export_proposals", "router"]

router = APIRouter(prefix=f"{PAGE}/proposals")

COLUMNS = (
    "supplier",
    "mode",
    "ship_to",
    "sku",
    "state",
    "action",
    "quantity",
    "case_pack",
    "unit_cost",
    "order_value",
    "currency",
    "order_by",
    "arrive_on",
    "expected_cost",
    "saving",
    "stockout_probability",
    "violations",
    "proposal_id",
)
NUMBERS = ("quantity", "case_pack")
AMOUNTS = ("unit_cost", "order_value", "expected_cost", "saving", "stockout_probability")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]


@router.get("/export/{kind}")
def export_proposals(visit: Looking, wanted: Filter, kind: Annotated[str, Path(pattern="^(csv|xlsx)$")]) -> Response:
    """Answer what the board shows as a file; every row of it, not only those shown at first."""
    now = visit.platform.clock()
    form = FileFormat("csv", bom=True) if kind == "csv" else FileFormat("xlsx")
    rows = [_row(group, row, now.date()) for group in board(visit, wanted) for row in group.rows]
    content = render_sheet(form, Sheet("proposals", COLUMNS, rows, NUMBERS, AMOUNTS), now)
    headers = {"Content-Disposition": f'attachment; filename="proposals-{now:%Y-%m-%d}{form.suffix}"'}
    return Response(content, 200, headers, media_type=form.media_type)


def _row(group: BoardGroup, row: Any, today: date) -> list[Any]:
    value = None if row.unit_cost is None else row.unit_cost * row.quantity
    made = {
        **group.group._asdict(),
        **{name: getattr(row, name) for name in ("sku", "action", "quantity", "case_pack", "proposal_id")},
        **{name: getattr(row, name).isoformat() for name in ("order_by", "arrive_on")},
        "state": str(state_of(row, today)),
        "unit_cost": amount_text(row.unit_cost),
        "order_value": amount_text(value),
        "expected_cost": amount_text(row.expected_cost),
        "saving": amount_text(saving_of(row)),
        "stockout_probability": f"{row.stockout_probability:.6f}",
        "violations": ", ".join(item["constraint"] for item in row.violations),
    }
    return [made[name] for name in COLUMNS]

"""The list of products: sorted, filtered, searched and paged on the server, from rows that are computed once."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from fastapi import APIRouter, Query
from starlette.responses import Response

from monitoring.stock_state import STATES
from serving.access import Scope
from serving.access.gate import PAGE
from serving.ui.board import Board, board_of
from serving.ui.page import page
from serving.ui.sparkline import sparkline
from serving.ui.visit import Visit, is_fragment, visiting

__all__ = ["Asked", "matching", "router", "show_products", "sorted_rows"]

router = APIRouter(prefix=f"{PAGE}/products")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]

PAGE_ROWS = 50
SPARK_DAYS = 182
SORTS = {
    "sku": ("sku", True),
    "name": ("name", True),
    "class": ("class", True),
    "on_hand": ("on_hand", True),
    "cover": ("cover_days", True),
    "risk": ("stockout_probability", False),
    "loss": ("stockout_loss", False),
    "next": ("order_by", True),
    "excess": ("excess_value", False),
    "alert": ("level", False),
    "pace": ("forecast_daily", False),
}
"""What the list can be sorted by: its column, and whether the first click sorts upwards."""
CLASSES = ("A", "B", "C")
VARIABILITIES = ("X", "Y", "Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the list is shown: filters (empty: all), the sort and the page, from 1 on."""

    q: str = ""
    state: str = ""
    abc: str = ""
    xyz: str = ""
    category: str = ""
    location: str = ""
    sort: str = "risk"
    down: bool | None = None
    page: int = 1

    @property
    def upwards(self) -> bool:
        """Whether the smallest comes first."""
        return SORTS[self.sort][1] if self.down is None else not self.down

    def address(self, **changes: Any) -> str:
        """Return the address of the same list with something changed; another filter begins at its first page."""
        other = replace(self, **({"page": 1} | changes))
        told = {
            name: getattr(other, name)
            for name in ("q", "state", "abc", "xyz", "category", "location")
            if getattr(other, name)
        }
        if other.sort != "risk" or other.down is not None:
            told["sort"] = other.sort
        if other.down is not None:
            told["down"] = str(other.down).lower()
        if other.page > 1:
            told["page"] = str(other.page)
        return f"{PAGE}/products" + (f"?{urlencode(told)}" if told else "")

    def sorting(self, name: str) -> str:
        """Return the address of the list sorted by a column; the one it is sorted by turns round."""
        if name == self.sort:
            return self.address(down=self.upwards)
        return self.address(sort=name, down=None)


@router.get("")
def show_products(
    visit: Looking,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(pattern=f"^({'|'.join(STATES)})?$")] = "",
    abc: Annotated[str, Query(pattern="^[ABC]?$")] = "",
    xyz: Annotated[str, Query(pattern="^[XYZ]?$")] = "",
    category: Annotated[str, Query(max_length=200)] = "",
    location: Annotated[str, Query(max_length=200)] = "",
    sort: Annotated[str, Query(pattern=f"^({'|'.join(SORTS)})$")] = "risk",
    down: bool | None = None,
    page_number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:
    """Show a page of the list, or with htmx only the part that changes."""
    asked = Asked(q.strip(), state, abc, xyz, category, location, sort, down, page_number)
    board, rows = board_of(visit)
    found = rows[matching(rows, asked)]
    pages = max(-(-len(found) // PAGE_ROWS), 1)
    asked = replace(asked, page=min(asked.page, pages))
    first = (asked.page - 1) * PAGE_ROWS
    shown = sorted_rows(found, asked).iloc[first : first + PAGE_ROWS]
    template = "products_list.html" if is_fragment(visit.request, "products") else "products.html"
    return page(
        visit,
        template,
        screen="products",
        asked=asked,
        rows=[_row(board, place, row) for place, row in zip(shown.index, shown.to_dict("records"), strict=True)],
        found=len(found),
        first=first,
        pages=pages,
        total=len(rows),
        currency=board.currency,
        filters=_filters(rows, asked),
    )


def matching(rows: pd.DataFrame, asked: Asked) -> np.ndarray:
    """Return (n,) which rows the filters let through; every word of the search must be in the SKU or the name."""
    kept = np.ones(len(rows), dtype=bool)
    if asked.state:
        kept &= rows[asked.state].to_numpy(dtype=bool)
    for name in ("abc", "xyz", "category", "location"):
        if getattr(asked, name):
            kept &= (rows[name] == getattr(asked, name)).to_numpy(dtype=bool)
    for word in asked.q.lower().split():
        kept &= rows["words"].str.contains(word, regex=False).to_numpy(dtype=bool)
    return kept


def sorted_rows(rows: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Return the rows in the order asked for; what has no value comes last, equals stay in the order of SKUs."""
    column = SORTS[asked.sort][0]
    if column == "class":
        return rows.sort_values(["abc", "xyz", "sku"], ascending=[asked.upwards] * 2 + [True], kind="stable")
    values = rows[column].replace("", None) if column == "order_by" else rows[column]
    order = values.reset_index(drop=True).sort_values(ascending=asked.upwards, na_position="last", kind="stable")
    return rows.iloc[order.index]


def _row(board: Board, place: int, row: dict[str, Any]) -> dict[str, Any]:
    view = board.seen.view
    length = SPARK_DAYS // view.frequency.period_days
    units = view.panel.history.units[place, -length:]
    row["spark"] = sparkline(units, max(7 // view.frequency.period_days, 1))
    row["states"] = [name for name in STATES if row[name]]
    return row


def _filters(rows: pd.DataFrame, asked: Asked) -> dict[str, Any]:
    """Return how many rows each filter would leave, the other filters as they are."""
    without_state = rows[matching(rows, replace(asked, state=""))]
    without_class = rows[matching(rows, replace(asked, abc="", xyz=""))]
    pairs = without_class.groupby(["abc", "xyz"]).size().to_dict()
    return {
        "states": {name: int(without_state[name].sum()) for name in STATES},
        "matrix": [[(a, x, int(pairs.get((a, x), 0))) for x in VARIABILITIES] for a in CLASSES],
        "categories": sorted(set(rows["category"]) - {""}),
        "locations": sorted(set(rows["location"])),
    }

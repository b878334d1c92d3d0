"""What single returns tell besides the statistics: the order each came from, and how long it waits (R02, R03)."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from core.errors import UsageError
from inventory.dataset import Dataset
from inventory.returned_goods.acceptance import LINK_STATES, link_orders
from inventory.returned_goods.dwell import STATES, dwell_times, overdue_returns
from serving.money import day_of
from serving.told_files import read_told

__all__ = ["dwell_tables", "linked_returns", "links_by_state", "read_limits"]

LINKED_COLUMNS = ("order_id", "sku", "date", "units", "sold_units", "link")


def linked_returns(dataset: Dataset, as_of: date | None, order_lines: Path) -> pd.DataFrame:
    """Return every return before the day with `order_id, sku, date, units, sold_units, link` (R02).

    order_lines: a table of order_id, sku and units, such as the one that `fillrate import all-orders` makes. link: one
    of `inventory.returned_goods.acceptance.LINK_STATES`.
    """
    lines = read_told(order_lines, "--order-lines", ("order_id", "sku", "units"))
    returns = dataset.table("returns")
    known = returns[returns["date"] < pd.Timestamp(day_of(dataset, as_of))].sort_values("date", kind="stable")
    return link_orders(known, lines)[list(LINKED_COLUMNS)].reset_index(drop=True)


def links_by_state(linked: pd.DataFrame) -> pd.DataFrame:
    """Return returns and units by link, in the order of LINK_STATES."""
    groups = linked.groupby("link")["units"]
    table = pd.DataFrame({"returns": groups.size(), "units": groups.sum()})
    return table.reindex([state for state in LINK_STATES if state in table.index]).rename_axis("link").reset_index()


def dwell_tables(
    dataset: Dataset, as_of: date | None, events: Path, limits: Mapping[str, float]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how long returns were in each state, and those that wait beyond their state's limit (R03).

    events: a table of return_id, state and at, one row a change of state.
    """
    told = read_told(events, "--events", ("return_id", "state", "at"))
    day = pd.Timestamp(day_of(dataset, as_of)).to_pydatetime()
    return dwell_times(told, day), overdue_returns(told, limits, day)


def read_limits(text: str | None) -> dict[str, float]:
    """Return limits in days by state; raises UsageError for what is not written like `received=2,graded=5`."""
    limits: dict[str, float] = {}
    for part in filter(None, (text or "").replace(" ", "").split(",")):
        state, _, days = part.partition("=")
        try:
            limits[state] = float(days)
        except ValueError:
            limits[state] = float("nan")
        if state not in STATES[:-1] or not 0 <= limits[state] < float("inf"):
            known = ", ".join(STATES[:-1])
            raise UsageError(f"--limits {part} is no limit; write received=2,graded=5 with states among {known}")
    return limits

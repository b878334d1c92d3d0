"""The newest stored plans of a dataset, and what changed from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
import sqlalchemy as sa

from serving.platform import Platform
from serving.proposals.run_store import find_run, list_runs

__all__ = ["NO_LINES", "PlanChange", "changes_between", "newest_lines", "newest_runs"]

NO_LINES = "none"
"""Stands for the plan where none is stored."""
LINE = ("name", "sku", "location", "supplier", "mode", "action", "quantity", "order_by", "arrive_on", "expected_cost")
"""What a stored line holds, in order."""
KEPT_PLANS = 16


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A series whose order differs between two plans; 0: none."""

    sku: str
    location: str
    before: int
    now: int


def newest_runs(connection: sa.Connection, tenant: str, dataset: str, count: int = 2) -> Sequence[Any]:
    """Return the newest stored plans of a dataset without their lines, newest first."""
    return list_runs(connection, tenant, dataset, None, count)


def newest_lines(platform: Platform, tenant: str, dataset: str) -> tuple[str | None, pd.DataFrame]:
    """Return the newest plan's name and, by series, the order that it wants: `sku, location, next_quantity, order_by`.

    An order that is split over two ways is one row: all units, the earlier day.
    """
    with platform.database.reading() as connection:
        runs = newest_runs(connection, tenant, dataset, 1)
    if not runs:
        return None, _orders(())
    return runs[0].run_id, _kept_orders(platform.database, tenant, runs[0].run_id)


@lru_cache(maxsize=KEPT_PLANS)
def _kept_orders(database: Any, tenant: str, run_id: str) -> pd.DataFrame:
    """Read a plan's lines once: they never change."""
    with database.reading() as connection:
        return _orders(find_run(connection, tenant, run_id, with_lines=True).lines)


def _orders(lines: Sequence[Sequence[Any]]) -> pd.DataFrame:
    table = pd.DataFrame(lines, columns=list(LINE))
    table = table[table["quantity"].astype(int) > 0]
    grouped = table.groupby(["sku", "location"], as_index=False, sort=False)
    found = grouped.agg(next_quantity=("quantity", "sum"), order_by=("order_by", "min"))
    return found.astype({"sku": "str", "location": "str", "next_quantity": "float64", "order_by": "str"})


def changes_between(before: Sequence[Sequence[Any]], now: Sequence[Sequence[Any]]) -> list[PlanChange]:
    """Return the series whose ordered units differ between two plans' lines, the largest difference first."""
    old, new = _units(before), _units(now)
    keys = sorted(old.keys() | new.keys())
    found = [PlanChange(*key, old.get(key, 0), new.get(key, 0)) for key in keys]
    return sorted(
        (item for item in found if item.before != item.now), key=lambda item: (-abs(item.now - item.before), item.sku)
    )


def _units(lines: Sequence[Sequence[Any]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    sku, location, quantity = LINE.index("sku"), LINE.index("location"), LINE.index("quantity")
    for line in lines:
        key = (str(line[sku]), str(line[location]))
        found[key] = found.get(key, 0) + int(line[quantity])
    return found

"""What a simulation was worth: cost, fill rate, cycle service and turns, each with its standard error.

Standard errors come from the paths where there are several, else from the series, which are then taken as independent
replications of one another. Differences are paired: all policies met the same demand.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray
from optimizer.simulation import Outcome
from optimizer.stock_flow import (
    AT_ONCE,
    CLEAN_CYCLES,
    CYCLES,
    DEMAND,
    ORDERED,
    ORDERS,
    PERIODS,
    SHORT_PERIODS,
    STOCK_LEFT,
    UNITS_LOST,
)

__all__ = ["ALL_WINDOWS", "COST_COLUMNS", "mean_and_error", "ratio_and_error", "summary"]

ALL_WINDOWS = "all"
COST_COLUMNS = ("holding_cost", "stockout_cost", "order_cost", "premium_cost")
DAYS_A_YEAR = 365.0


def mean_and_error(total: FloatArray) -> tuple[float, float]:
    """Return the total over all series (mean over the paths) of (n, P) amounts, and its standard error."""
    if total.shape[1] > 1:
        paths = total.sum(axis=0)
        return float(paths.mean()), float(paths.std(ddof=1) / math.sqrt(len(paths)))
    series = total[:, 0]
    spread = float(series.std(ddof=1) * math.sqrt(len(series))) if len(series) > 1 else 0.0
    return float(series.sum()), spread


def ratio_and_error(above: FloatArray, below: FloatArray) -> tuple[float, float]:
    """Return Σ above / Σ below of (n, P) amounts and its standard error (delta method); NaN where there is nothing."""
    axis = 0 if above.shape[1] > 1 else 1
    top, bottom = above.sum(axis=axis), below.sum(axis=axis)
    if bottom.sum() <= 0:
        return math.nan, math.nan
    value = float(top.sum() / bottom.sum())
    count = len(top)
    error = float(np.std(top - value * bottom, ddof=1) * math.sqrt(count) / bottom.sum()) if count > 1 else 0.0
    return value, error


def summary(outcomes: Mapping[str, Sequence[Outcome]], frequency: Frequency) -> pd.DataFrame:
    """Return one row a window and policy, and one a policy for all windows together.

    outcomes: window → the outcomes of its policies, the same ones in the same order in each. Columns: window, policy,
    cost and its error, its parts, `difference` (to the first policy) and its error, `fill_rate` (share of demand
    served at once from stock), `cycle_service` (share of the cycles between receipts without a shortage), `in_stock`
    (share of periods without one), `turns` a year (units sold over the mean stock), each with `…_se`, and units.
    """
    rows = []
    for window, made in outcomes.items():
        rows += [{"window": window, **_row([item], [made[0]], frequency)} for item in made]
    if len(outcomes) > 1:
        for item in zip(*outcomes.values(), strict=True):
            first = [made[0] for made in outcomes.values()]
            rows.append({"window": ALL_WINDOWS, **_row(list(item), first, frequency)})
    return pd.DataFrame(rows)


def _row(outcomes: list[Outcome], first: list[Outcome], frequency: Frequency) -> dict[str, object]:
    """Return one policy's figures over several windows."""
    row: dict[str, object] = {"policy": outcomes[0].policy}
    row["cost"], row["cost_se"] = _added([item.cost for item in outcomes])
    for name in COST_COLUMNS:
        row[name], _ = _added([item.costs[name] for item in outcomes])
    pairs = [item.cost - base.cost for item, base in zip(outcomes, first, strict=True)]
    row["difference"], row["difference_se"] = _added(pairs)
    book = np.concatenate([item.ledger for item in outcomes], axis=0)
    year = DAYS_A_YEAR / frequency.period_days
    ratios = {
        "fill_rate": (book[:, :, AT_ONCE], book[:, :, DEMAND]),
        "cycle_service": (book[:, :, CLEAN_CYCLES], book[:, :, CYCLES]),
        "in_stock": (book[:, :, PERIODS] - book[:, :, SHORT_PERIODS], book[:, :, PERIODS]),
        "turns": (book[:, :, AT_ONCE] * year, book[:, :, STOCK_LEFT]),
    }
    for name, (above, below) in ratios.items():
        row[name], row[f"{name}_se"] = ratio_and_error(above, below)
    units = {"demand": DEMAND, "lost": UNITS_LOST, "ordered": ORDERED, "orders": ORDERS}
    for name, place in units.items():
        row[name], _ = mean_and_error(book[:, :, place])
    return row


def _added(parts: list[FloatArray]) -> tuple[float, float]:
    """Return the sum over windows and its error, windows taken as independent."""
    found = [mean_and_error(part) for part in parts]
    return sum(value for value, _ in found), math.sqrt(sum(error**2 for _, error in found))

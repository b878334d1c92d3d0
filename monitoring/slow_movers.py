"""Slow movers: the signs, their level (yellow, orange, red), why, and what to do (M11–M20, M25, M28, M32, M45)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from monitoring.market_index import series_index_change
from monitoring.season import category_of
from monitoring.view import View, row_of

__all__ = ["CAUSES", "LEVELS", "RESPONSES", "SlowRules", "purchases_of", "slow_movers"]

LEVELS = ("", "yellow", "orange", "red")
RESPONSES = {
    "yellow": ("adjust the listing and its exposure", "postpone the next order"),
    "orange": ("bundle or promote", "targeted advertising", "first step of the markdown ladder"),
    "red": ("markdown ladder to the stop-loss price", "removal or liquidation", "give away with another product"),
}
"""M20: what each level calls for."""

CAUSES = {
    "partner_out_of_stock": "a product that it is bought with is out of stock",
    "minimum_order": "the minimum order brought more than sells in months",
    "execution": "goods came much later or in another quantity than ordered",
    "over_forecast": "more was bought than ever sold at that pace",
    "market_decline": "its market fell as much as it did",
    "own_decline": "it fell while its market did not",
    "season_over": "its season is over",
    "unclear": "no single cause stands out",
}
"""M18's classes (forecast error, execution deviation, market change) told finer, with the passive slow mover of M16."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SlowRules:
    """dsi_days: of yellow, orange, red (M12: 90 and 180). decline: of two periods (M13). aged_share: beyond 120 days
    (M14). no_movement_days: of orange and red (M11). monthly_drop: M25. purchase_days: days of sales at the pace before
    a purchase from which on it was too much. market_share: part of the own fall that the market must share to be its
    cause. late_days, quantity_off: of an execution deviation.
    """

    dsi_days: tuple[float, float, float] = (90.0, 180.0, 365.0)
    decline: float = 0.3
    monthly_drop: float = 0.4
    aged_share: float = 0.2
    no_movement_days: tuple[float, float] = (90.0, 180.0)
    purchase_days: float = 120.0
    market_share: float = 0.6
    late_days: float = 30.0
    quantity_off: float = 0.3


def slow_movers(
    view: View, facts: pd.DataFrame, rules: SlowRules | None = None, partners: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the slow movers, worst and dearest first: `sku, location, level, signs, cause, because, dsi_days,
    decline_30d, aged_120_share, no_movement_days, on_hand, excess_value, stock_value, respond`.

    facts: of the series. partners: SKU → product it is bought with that is out of stock (`monitoring.association`).
    """
    rules = rules or SlowRules()
    signs = _signs(facts, rules)
    level = _level(facts, signs, rules)
    rows = np.flatnonzero(level > 0)
    cause, because = _causes(view, facts, rules, partners or {})
    columns = ["sku", "location", "dsi_days", "decline_30d", "aged_120_share", "no_movement_days", "on_hand"]
    table = facts.iloc[rows][[*columns, "excess_value", "stock_value"]].reset_index(drop=True)
    table.insert(2, "level", np.array(LEVELS)[level[rows]])
    table.insert(3, "signs", ["; ".join(name for name, flag in signs.items() if flag[row]) for row in rows])
    table.insert(4, "cause", [cause[row] for row in rows])
    table.insert(5, "because", [because[row] for row in rows])
    table["respond"] = ["; ".join(RESPONSES[name]) for name in table["level"]]
    rank = table["level"].map({name: place for place, name in enumerate(LEVELS)})
    order = ["rank", "excess_value", "sku"]
    table = table.assign(rank=rank).sort_values(order, ascending=[False, False, True], kind="stable")
    return table.drop(columns="rank").reset_index(drop=True)


def _signs(facts: pd.DataFrame, rules: SlowRules) -> dict[str, npt.NDArray[np.bool_]]:
    """Return the signs by name; what has nothing on hand is no slow mover."""
    held = facts["on_hand"].to_numpy() > 0
    limit = 1e-6
    fell = facts["decline_30d"].to_numpy() > rules.decline + limit
    before = facts["decline_prior_30d"].to_numpy() > rules.decline + limit
    enough = facts["sold_90d"].to_numpy() >= 20
    drop = (facts["decline_30d"].to_numpy() >= rules.monthly_drop - limit) & (facts["decline_z"].to_numpy() >= 2)
    return {
        "days of inventory": held & (facts["dsi_days"].to_numpy() > rules.dsi_days[0]),
        "two periods of decline": held & fell & before & enough,
        "a month of steep decline": held & drop & enough,
        "old units": held & (facts["aged_120_share"].to_numpy() > rules.aged_share),
        "no movement": held & (facts["no_movement_days"].to_numpy() > rules.no_movement_days[0]),
    }


def _level(facts: pd.DataFrame, signs: Mapping[str, npt.NDArray[np.bool_]], rules: SlowRules) -> Codes:
    yellow = np.logical_or.reduce(list(signs.values()))
    dsi, still = facts["dsi_days"].to_numpy(), facts["no_movement_days"].to_numpy()
    orange = (dsi > rules.dsi_days[1]) | (still > rules.no_movement_days[0]) | signs["old units"]
    aged = facts["aged_180_share"].to_numpy() > 0.5
    red = (dsi > rules.dsi_days[2]) & (aged | np.isnan(facts["aged_180_share"].to_numpy()))
    red |= still > rules.no_movement_days[1]
    return np.where(yellow, np.where(red, 3, np.where(orange, 2, 1)), 0).astype(np.int64)


def _causes(
    view: View, facts: pd.DataFrame, rules: SlowRules, partners: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return each series' root cause and its evidence in words: the first that fits, the most specific first."""
    bought = purchases_of(view)
    own = np.nan_to_num(np.maximum(facts["decline_30d"].to_numpy(), _fall(facts)))
    market = _market_fall(view, facts)
    season = _season_over(view)
    names, words = [], []
    for row, sku in enumerate(facts["sku"]):
        name, told = _cause_of(str(sku), own[row], market[row], bought.iloc[row], bool(season[row]), rules, partners)
        names.append(name)
        words.append(told)
    return names, words


def _cause_of(
    sku: str,
    own: float,
    market: float,
    bought: pd.Series,
    season_over: bool,
    rules: SlowRules,
    partners: Mapping[str, str],
) -> tuple[str, str]:
    if sku in partners and own > rules.decline / 2:
        return "partner_out_of_stock", f"{partners[sku]}, with which it is bought, is out of stock"
    if bought["late_days"] > rules.late_days or bought["quantity_off"] > rules.quantity_off:
        late = max(float(bought["late_days"]), 0.0)
        return "execution", f"last delivery {late:.0f} days late, {bought['quantity_off']:+.0%} against the order"
    lasts = float(bought["lasted_days"])
    if lasts > rules.purchase_days:
        if bought["at_minimum"]:
            return "minimum_order", f"the minimum order of {bought['quantity']:.0f} was {lasts:.0f} days of sales"
        return "over_forecast", f"the last purchase was {lasts:.0f} days of sales at the pace before it"
    if own > rules.decline / 2:
        if season_over:
            return "season_over", "its category's season is over"
        if market >= rules.market_share * own:
            return "market_decline", f"sales fell {own:.0%} and the market {market:.0%}"
        return "own_decline", f"sales fell {own:.0%} and the market {market:.0%}"
    return "unclear", "sales are steady and no purchase explains the stock"


def _fall(facts: pd.DataFrame) -> FloatArray:
    """Return the fall from 60–90 days ago to the last 30 days."""
    two = 1 - (1 - facts["decline_30d"].to_numpy()) * (1 - facts["decline_prior_30d"].to_numpy())
    return np.asarray(two, dtype=np.float64)


def purchases_of(view: View) -> pd.DataFrame:
    """Return one row a series about its last delivery: `quantity`, `lasted_days` (days of sales at the pace of the 90
    days before it), `at_minimum` (within a case of the minimum order), `late_days`, `quantity_off` (more than ordered).

    NaN, False and 0 where nothing was received.
    """
    receipts = view.table("receipts")
    table = pd.DataFrame({"quantity": np.nan, "lasted_days": np.nan}, index=range(len(view.series)))
    table["at_minimum"], table["late_days"], table["quantity_off"] = False, 0.0, 0.0
    row = row_of(receipts, view.series)
    last = (
        receipts.assign(row=row)[row >= 0].sort_values("received_on", kind="stable").drop_duplicates("row", keep="last")
    )
    if last.empty:
        return table
    place = last["row"].to_numpy()
    quantity = last["quantity"].to_numpy(dtype=np.float64)
    late = (last["received_on"] - last["promised_on"]).dt.days.to_numpy(dtype=np.float64)
    minimum = view.terms["minimum_order_quantity"].to_numpy()[place]
    pack = view.terms["case_pack"].to_numpy()[place]
    ordered_on = last["placed_on"].fillna(last["received_on"])
    pace = _pace_before(view, place, ordered_on.to_numpy().astype("datetime64[D]"))
    lasted = np.divide(quantity, pace, out=np.full(len(quantity), 3650.0), where=pace > 0)
    table.loc[place, "quantity"] = quantity
    table.loc[place, "lasted_days"] = np.minimum(lasted, 3650.0)
    table.loc[place, "at_minimum"] = (minimum > 1) & (quantity <= minimum + pack)
    table.loc[place, "late_days"] = np.nan_to_num(late)
    if "ordered_quantity" in last:
        off = quantity / last["ordered_quantity"].to_numpy(dtype=np.float64) - 1
        table.loc[place, "quantity_off"] = np.nan_to_num(off)
    return table


def _pace_before(view: View, rows: Codes, days: np.ndarray) -> FloatArray:
    """Return mean units a day of the 90 days before each day, in stock."""
    period = view.frequency.period_days
    history = view.panel.history
    end = np.clip(view.frequency.index(days, view.panel.start), 0, view.panel.periods)
    start = np.maximum(end - 90 // period, 0)
    sold = np.pad((history.units[rows] * history.observed[rows]).cumsum(axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    seen = np.pad(history.observed[rows].cumsum(axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    at = np.arange(len(rows))
    days_seen = (seen[at, end] - seen[at, start]) * period
    return np.divide(sold[at, end] - sold[at, start], days_seen, out=np.zeros(len(rows)), where=days_seen > 0)


def _market_fall(view: View, facts: pd.DataFrame) -> FloatArray:
    """Return each series' market's fall over two months: the largest of its category's others, its search volume and
    the index of its market (M17).

    Others are the category's series but the series itself; a category of one has none.
    """
    category = category_of(view).fillna("").to_numpy()
    now = np.nan_to_num(facts["daily_30d"].to_numpy())
    pace = now / np.maximum(1 - np.clip(np.nan_to_num(_fall(facts)), -9.0, 0.99), 0.01)
    sums = pd.DataFrame({"now": now, "then": pace}).groupby(category).transform("sum").to_numpy()
    others_now, others_then = sums[:, 0] - now, sums[:, 1] - pace
    fell = 1 - np.divide(others_now, others_then, out=np.ones(len(now)), where=others_then > 1e-9)
    searched = np.nan_to_num(-facts["keyword_growth"].to_numpy())
    index = np.nan_to_num(-series_index_change(view))
    return np.maximum(np.maximum(np.maximum(fell, searched), index), 0.0)


def _season_over(view: View) -> npt.NDArray[np.bool_]:
    """Return whether the category sold less at this time of year before as well: half of its pace of 60 days before.

    Needs two years of history.
    """
    year, days = 364 // view.frequency.period_days, view.frequency.period_days
    periods = view.panel.periods
    count = len(view.series)
    if periods < year + 90 // days:
        return np.zeros(count, dtype=np.bool_)
    category = category_of(view).fillna("").to_numpy()
    units = view.panel.history.units
    month = 30 // days

    def total(back: int) -> FloatArray:
        end = periods - year - back * month
        sums = pd.Series(units[:, end : end + month].sum(axis=1, dtype=np.float64)).groupby(category).transform("sum")
        return sums.to_numpy()

    # A year ago: the month that is now the last one, against the month two before it.
    return np.asarray((total(1) < 0.6 * total(3)) & (total(3) > 0), dtype=np.bool_)

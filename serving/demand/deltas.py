"""What a scenario changes: each delta makes a new planning question out of another one, and says what it assumes.

Pure: a question in, a question out. Deltas are applied in the order given, each to what the ones before left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray
from inventory.supply import TERM_COLUMNS
from optimizer.buying import Buying
from optimizer.planning import PlanningOptions

__all__ = ["Delta", "PlanQuestion", "apply_delta"]

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Delta:
    """One change.

    kind: a key of DELTAS. facts: its numbers and names. skus, locations: whom it is about; empty: all that are asked.
    """

    kind: str
    facts: Mapping[str, Any]
    skus: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What a plan is made from, n series over H periods.

    factor: (n, H) that demand is multiplied by; the forecast itself stays. assumed: sentences.
    """

    made: DemandForecast
    terms: pd.DataFrame
    on_hand: FloatArray
    inbound: FloatArray
    options: PlanningOptions
    buying: Buying
    factor: FloatArray
    assumed: tuple[str, ...] = field(default=())

    @property
    def forecast(self) -> DemandForecast:
        """The forecast with demand multiplied."""
        if bool(np.all(self.factor == 1.0)):
            return self.made
        return replace(
            self.made,
            mean=self.made.mean * self.factor,
            quantiles=self.made.quantiles * self.factor[:, :, None],
            paths=self.made.paths * self.factor[:, None, :].astype(np.float32),
        )


def apply_delta(question: PlanQuestion, delta: Delta) -> PlanQuestion:
    """Return the question after a delta."""
    series = question.made.series
    who = np.ones(len(series), dtype=bool)
    if delta.skus:
        who &= series["sku"].isin(delta.skus).to_numpy()
    if delta.locations:
        who &= series["location"].isin(delta.locations).to_numpy()
    return DELTAS[delta.kind](question, who, delta.facts)


def _periods(question: PlanQuestion, facts: Mapping[str, Any]) -> Rows:
    """Return (H,) the periods whose first day lies in `start` … `end`; all where neither is given."""
    days = question.made.dates.astype("datetime64[D]")
    inside = np.ones(len(days), dtype=bool)
    if facts.get("start") is not None:
        inside &= days >= np.datetime64(facts["start"], "D")
    if facts.get("end") is not None:
        inside &= days <= np.datetime64(facts["end"], "D")
    return inside


def _times(question: PlanQuestion, who: Rows, periods: Rows, factor: float) -> PlanQuestion:
    changed = question.factor.copy()
    changed[np.ix_(who, periods)] *= factor
    return replace(question, factor=changed)


def _demand(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    return _times(question, who, _periods(question, facts), float(facts["factor"]))


def _price(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    """Price times p: demand times p^elasticity, and a lost sale costs as much more or less as the price does."""
    factor, elasticity = float(facts["factor"]), float(facts["elasticity"])
    demand = factor**elasticity
    words = (
        f"demand changes by {demand - 1:+.1%} when the price changes by {factor - 1:+.1%} (elasticity {elasticity:g})"
    )
    moved = _times(question, who, _periods(question, {}), demand)

    def dearer(table: pd.DataFrame, mine: Rows) -> pd.DataFrame:
        price = table["price"].to_numpy(dtype=np.float64)
        more = np.where(mine & np.isfinite(price), price * (factor - 1), 0.0)
        return table.assign(price=price + more, stockout_cost=np.maximum(table["stockout_cost"].to_numpy() + more, 0.0))

    return replace(_with_terms(moved, who, dearer), assumed=(*question.assumed, words))


def _promotion(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    discount = float(facts["discount"])
    uplift = facts.get("uplift")
    factor = (1 - discount) ** float(facts["elasticity"]) if uplift is None else 1 + float(uplift)
    told = f"elasticity {facts['elasticity']:g}" if uplift is None else "as stated"
    words = (
        f"a discount of {discount:.0%} changes demand by {factor - 1:+.1%} ({told}); the margin of a lost sale stays"
    )
    moved = _times(question, who, _periods(question, facts), factor)
    return replace(moved, assumed=(*question.assumed, words))


def _lead_time(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    supplier = facts.get("supplier")

    def longer(table: pd.DataFrame, mine: Rows) -> pd.DataFrame:
        mine = mine & _is(table, "supplier", supplier) if supplier is not None else mine
        days = table["lead_time_days"].to_numpy(dtype=np.float64)
        new = np.full(len(days), float(facts["days"])) if facts.get("days") is not None else days + facts["add_days"]
        return table.assign(lead_time_days=np.where(mine, np.maximum(new, 0.0), days))

    return _with_terms(question, who, longer)


def _service_level(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    """A lost sale costs what makes `level` the critical ratio: h·r·CSL / (1 − CSL), as in `serving.what_if`."""
    level = float(facts["level"])
    review = max(question.made.frequency.periods(question.options.review_period_days), 1)

    def set_penalty(table: pd.DataFrame, mine: Rows) -> pd.DataFrame:
        penalty = table["holding_cost"].to_numpy(dtype=np.float64) * review * level / (1.0 - level)
        return table.assign(stockout_cost=np.where(mine, penalty, table["stockout_cost"].to_numpy(dtype=np.float64)))

    moved = _with_terms(question, who, set_penalty)
    return replace(moved, options=replace(moved.options, cycle_service_level=level)) if who.all() else moved


def _costs(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    def times(table: pd.DataFrame, mine: Rows) -> pd.DataFrame:
        names = ("holding_cost", "stockout_cost", "order_cost")
        factors = {name: np.where(mine, float(facts[name]), 1.0) for name in names}
        return table.assign(**{name: table[name].to_numpy(dtype=np.float64) * factors[name] for name in names})

    return _with_terms(question, who, times)


def _minimum(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    def larger(table: pd.DataFrame, mine: Rows) -> pd.DataFrame:
        least = table["minimum_order_quantity"].to_numpy()
        return table.assign(minimum_order_quantity=np.where(mine, int(facts["quantity"]), least))

    return _with_terms(question, who, larger)


def _budget(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    return replace(question, options=replace(question.options, budget=float(facts["amount"])))


def _freight_mode(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    mode = str(facts["mode"])
    ways = question.buying.ways
    served = np.zeros(len(who), dtype=bool)
    if ways is not None:
        served[ways["series"].to_numpy()[_is(ways, "mode", mode)]] = True
    words = (
        f"{int((who & ~served).sum()):,} of {int(who.sum()):,} series cannot be bought by {mode} and are not ordered"
    )
    kept = _without(question, who, lambda table: ~_is(table, "mode", mode))
    return replace(kept, assumed=(*question.assumed, words)) if (who & ~served).any() else kept


def _supplier_lost(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    """The supplier sells no more, and what is on order there does not come."""
    supplier = str(facts["supplier"])
    kept = _without(question, who, lambda table: _is(table, "supplier", supplier))
    orders = question.buying.open_orders
    if orders is None or not len(orders):
        return kept
    lost = _is(orders, "supplier", supplier) & who[orders["series"].to_numpy()]
    gone = orders[lost & (orders["period"] < question.inbound.shape[1]).to_numpy()]
    inbound = question.inbound.copy()
    np.subtract.at(inbound, (gone["series"].to_numpy(), gone["period"].to_numpy()), gone["quantity"].to_numpy())
    buying = replace(kept.buying, open_orders=orders[~lost].reset_index(drop=True))
    words = f"{gone['quantity'].sum():,.0f} units on order at {supplier} do not come"
    assumed = (*kept.assumed, words) if len(gone) else kept.assumed
    return replace(kept, inbound=np.maximum(inbound, 0.0), buying=buying, assumed=assumed)


def _stockout_until(question: PlanQuestion, who: Rows, facts: Mapping[str, Any]) -> PlanQuestion:
    """Nothing can be sold before a day: stock is gone, and what would come earlier comes then."""
    first = _first_period(question.made.frequency, question.made.dates[0], facts["date"], question.inbound.shape[1])
    on_hand, inbound = question.on_hand.copy(), question.inbound.copy()
    on_hand[who] = 0.0
    late = inbound[who, :first].sum(axis=1)
    inbound[who, :first] = 0.0
    if first < inbound.shape[1]:
        inbound[who, first] += late
    orders = question.buying.open_orders
    if orders is not None and len(orders):
        mine = who[orders["series"].to_numpy()]
        held = np.where(mine, np.maximum(orders["period"].to_numpy(), first), orders["period"].to_numpy())
        days = np.maximum(orders["days"].to_numpy(), held * question.made.frequency.period_days)
        orders = orders.assign(period=held, days=np.where(mine, days, orders["days"].to_numpy()))
    return replace(question, on_hand=on_hand, inbound=inbound, buying=replace(question.buying, open_orders=orders))


DELTAS: Mapping[str, Callable[[PlanQuestion, Rows, Mapping[str, Any]], PlanQuestion]] = {
    "demand": _demand,
    "price": _price,
    "promotion": _promotion,
    "lead_time": _lead_time,
    "service_level": _service_level,
    "costs": _costs,
    "minimum_order_quantity": _minimum,
    "budget": _budget,
    "freight_mode": _freight_mode,
    "supplier_lost": _supplier_lost,
    "stockout_until": _stockout_until,
}
"""Kind → what it does to a question about the series `who` (n,)."""


def _with_terms(
    question: PlanQuestion, who: Rows, change: Callable[[pd.DataFrame, Rows], pd.DataFrame]
) -> PlanQuestion:
    """Change the terms of the series `who`, and all ways to buy them."""
    terms = change(question.terms, who)
    buying = question.buying.changed(lambda ways: change(ways, who[ways["series"].to_numpy()]))
    return replace(question, terms=terms, buying=buying)


def _without(question: PlanQuestion, who: Rows, gone: Callable[[pd.DataFrame], Rows]) -> PlanQuestion:
    """Take ways to buy away; a series that has none left keeps its terms and a capacity of 0."""
    ways = question.buying.ways
    if ways is None:
        barred = who & gone(question.terms)
        return replace(question, terms=question.terms.assign(capacity=_barred(question.terms, barred)))
    lost = gone(ways) & who[ways["series"].to_numpy()]
    left = ways[~lost]
    bare = np.ones(len(who), dtype=bool)
    bare[left["series"].to_numpy()] = False
    last = ways[bare[ways["series"].to_numpy()] & (ways["rank"] == 0).to_numpy()]
    table = pd.concat([left, last.assign(capacity=0.0)]).sort_values(["series", "rank"], kind="stable")
    table = table.reset_index(drop=True)
    table = table.assign(rank=table.groupby("series", sort=False).cumcount())
    first = table[table["rank"] == 0].set_index("series").loc[np.arange(len(who)), list(TERM_COLUMNS)]
    terms = first.reset_index(drop=True)
    return replace(question, terms=terms, buying=replace(question.buying, ways=table))


def _barred(terms: pd.DataFrame, barred: Rows) -> FloatArray:
    capacity: FloatArray = np.where(barred, 0.0, terms["capacity"].to_numpy(dtype=np.float64))
    return capacity


def _is(table: pd.DataFrame, column: str, name: Any) -> Rows:
    found: Rows = (table[column].fillna("").astype(str) == str(name)).to_numpy(dtype=bool)
    return found


def _first_period(frequency: Frequency, start: np.datetime64, day: date, horizon: int) -> int:
    """Return the first period that begins on `day` or later, within the horizon."""
    days = int((np.datetime64(day, "D") - start.astype("datetime64[D]")).astype(np.int64))
    return min(max(-(-days // frequency.period_days), 0), horizon)

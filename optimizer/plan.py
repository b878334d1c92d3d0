"""From forecasts to orders: the one entrance of the room.

Per SKU the cost of every first order (`optimizer.cost_curve`), over all SKUs the choice that shared
limits allow (`optimizer.allocation`), and a proposal with its reason for each order
(`optimizer.proposals`).
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from core.errors import UsageError
from core.frequency import Frequency
from core.progress import Progress, silent
from core.types import DemandForecast, FloatArray
from optimizer.allocation import Allocation
from optimizer.bill_of_materials import on_components, with_costs_of
from optimizer.buying import ONE_WAY, Buying
from optimizer.first_orders import FirstOrders
from optimizer.joint_orders import JointResult
from optimizer.lead_time import arrival_periods, latest_periods, review_periods
from optimizer.multi_period import RowPrice
from optimizer.order_choice import choose_orders
from optimizer.planning import Planning, PlanningOptions
from optimizer.proposals import order_lines
from optimizer.study import PlanStudy
from optimizer.substitution import with_substitution
from optimizer.workshop import Workshop

__all__ = ["OrderPlan", "PlanSummary", "PlanningOptions", "plan_orders", "required_horizon"]

LOOK_AHEAD_REVIEWS = 4
LOOK_AHEAD_DAYS = 28
"""Enough even for lumpy orders: beyond it the end is valued, and plans that looked further were no cheaper."""

LARGEST_AMOUNT = 1e20
"""Money a unit or an order that no real terms reach, and whose sums and squares are still numbers."""


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What a plan costs and how good it is proven to be.

    status, solver: of the allocation. gap: (expected_cost − lower_bound) / expected_cost. expected_cost:
    money, over each SKU's planning horizon. spend: of the orders placed now; budget: None = unlimited.
    budget_price,
    volume_price: what one more unit of it would save. series: planned; ordered: with an order now;
    unpriced: orders whose unit cost is unknown, so that spend takes a guess for it; counted: of these, the
    orders without a price too, where spend takes 1 a unit. limits: of several periods, with what is used of each and
    what one more unit would save. whole_orders: what suppliers with terms of their own ship at once.
    """

    status: str
    solver: str
    gap: float
    expected_cost: float
    cost_without_orders: float
    lower_bound: float
    spend: float
    budget: float | None
    budget_price: float
    volume: float
    volume_capacity: float | None
    volume_price: float
    series: int
    ordered: int
    unpriced: int
    counted: int
    limits: tuple[RowPrice, ...] = ()
    whole_orders: tuple[JointResult, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """The plan made at `as_of`.

    orders: one row an order to place now, columns `optimizer.proposals.ORDER_COLUMNS`, by sku and location.
    lines: the same columns for every series in the forecast's order, quantity 0 and a reason where
        nothing is ordered.
    study: what the plan was made from, for `optimizer.explanation` and `optimizer.later_orders`.
    """

    as_of: date
    orders: pd.DataFrame
    lines: pd.DataFrame = field(repr=False)
    summary: PlanSummary
    study: PlanStudy | None = field(default=None, repr=False)


def required_horizon(
    terms: pd.DataFrame, planning: Planning | PlanningOptions, frequency: Frequency, as_of: date
) -> int:
    """Return the periods from `as_of` that a forecast must cover to plan with these terms (or ways to buy).

    The longest lead time l (two standard deviations late where it is random), one review r (together the
    protection interval) and the look-ahead.
    """
    review = review_periods(planning.review_period_days, frequency)
    lead, sd = terms["lead_time_days"].to_numpy(), terms["lead_time_sd_days"].to_numpy()
    longest = int(latest_periods(lead, sd, frequency).max(initial=0))
    asked = planning.look_ahead_periods if isinstance(planning, PlanningOptions) else None
    if asked is not None:
        return longest + review + asked
    return longest + review + max(LOOK_AHEAD_REVIEWS * review, frequency.periods(LOOK_AHEAD_DAYS))


def plan_orders(
    forecast: DemandForecast,
    terms: pd.DataFrame,
    on_hand: FloatArray,
    inbound: FloatArray,
    planning: PlanningOptions,
    progress: Progress = silent,
    buying: Buying = ONE_WAY,
    asked: FloatArray | None = None,
) -> OrderPlan:
    """Return the orders of least expected cost that `planning`'s limits allow.

    forecast: n series with (n, P, H) paths, P ≥ 1. terms: n rows of `inventory.supply.supply_terms`,
        aligned to forecast.series. on_hand: (n,) sellable units at the start of `as_of`. inbound: (n, H)
        units arriving by period.

    buying: further ways to buy and what is known of lead times; without it each series is bought on its terms.
    asked: (n,) units that the policy `planning.policy_name` orders; they are planned in place of the best ones, and
    cut where a limit does not let them all through.
    The rows' order changes nothing: series are planned by sku and location. Raises UsageError for a forecast
    without paths or too short for a lead time, InfeasiblePlanError for a limit that not even ordering nothing
    respects.
    """
    _check(forecast, terms, on_hand, inbound, planning)
    if buying.variants is not None:
        first = arrival_periods(terms["lead_time_days"].to_numpy(), forecast.frequency)
        forecast = with_substitution(forecast, on_hand, inbound, first, buying.variants)
    if buying.bill is not None and len(buying.bill.kit):
        forecast, terms = on_components(forecast, terms, on_hand, inbound, buying.bill)
        buying = buying.changed(lambda ways: with_costs_of(ways, terms))
    order = np.lexsort((terms["location"].to_numpy(dtype=str), terms["sku"].to_numpy(dtype=str)))
    sorted_terms = terms.iloc[order].reset_index(drop=True)
    workshop = Workshop.of(forecast, sorted_terms, on_hand, inbound, order, planning, buying)
    curves, allocation, later = choose_orders(workshop, asked, progress)
    lines, orders = order_lines(workshop, curves, allocation)
    summary = _summary(curves, allocation, planning, sorted_terms[(lines["quantity"] > 0).to_numpy()])
    progress("plan", 1.0)
    back = np.argsort(order, kind="stable")
    study = PlanStudy(workshop, curves, allocation, later)
    return OrderPlan(forecast.as_of, orders, lines.iloc[back].reset_index(drop=True), summary, study)


def _check(
    forecast: DemandForecast,
    terms: pd.DataFrame,
    on_hand: FloatArray,
    inbound: FloatArray,
    planning: PlanningOptions,
) -> None:
    count, horizon = len(forecast.series), forecast.horizon
    if len(terms) != count or on_hand.shape != (count,) or inbound.shape != (count, horizon):
        raise UsageError(
            f"terms ({len(terms)}), stock {on_hand.shape} and inbound {inbound.shape} do not fit "
            f"{count} series × {horizon} periods"
        )
    keys = ["sku", "location"]
    if not np.array_equal(terms[keys].to_numpy(dtype=str), forecast.series[keys].to_numpy(dtype=str)):
        raise UsageError("the terms name other series than the forecast, or in another order")
    if forecast.paths.shape[1] == 0 and count:
        raise UsageError("the forecast has no sample paths; ask for some hundred (n_paths)")
    _check_amounts(terms)
    longest = int(arrival_periods(terms["lead_time_days"].to_numpy(), forecast.frequency).max(initial=0))
    if longest >= horizon and count:
        raise UsageError(
            f"the forecast covers {horizon} periods but goods ordered now arrive after {longest}; "
            f"forecast at least {required_horizon(terms, planning, forecast.frequency, forecast.as_of)}"
        )


def _check_amounts(terms: pd.DataFrame) -> None:
    """Refuse amounts whose sums would overflow: compiled code asks no questions."""
    for name in ("planning_unit_cost", "freight_cost", "order_cost", "holding_cost", "stockout_cost"):
        absurd = ~(terms[name].abs() <= LARGEST_AMOUNT).to_numpy()
        if absurd.any():
            row = terms.iloc[int(absurd.argmax())]
            raise UsageError(
                f"the {name} of {row['sku']} at {row['location']} is {row[name]:g}, beyond {LARGEST_AMOUNT:g}; "
                f"correct products, supply or dataset.toml"
            )


def _summary(
    curves: FirstOrders, allocation: Allocation, planning: PlanningOptions, ordered: pd.DataFrame
) -> PlanSummary:
    """Return the summary; `ordered` has the terms of the series with an order now."""
    unpriced = ordered["unit_cost"].isna()
    candidates, choice = curves.candidates, allocation.choice
    expected = float(curves.orders.cost[choice].sum())
    return PlanSummary(
        status=allocation.status,
        solver=allocation.solver,
        gap=allocation.gap,
        expected_cost=expected,
        cost_without_orders=float(curves.orders.cost[candidates.offsets[:-1]].sum()),
        lower_bound=expected - (allocation.cost - allocation.bound),
        spend=float(candidates.spend[choice].sum()),
        budget=planning.budget or None,
        budget_price=allocation.budget_price,
        volume=float(candidates.volume[choice].sum()),
        volume_capacity=planning.volume_capacity or None,
        volume_price=allocation.volume_price,
        series=len(choice),
        ordered=len(ordered),
        unpriced=int(unpriced.sum()),
        counted=int((unpriced & ordered["price"].isna()).sum()),
        limits=allocation.rows,
        whole_orders=allocation.joints,
    )

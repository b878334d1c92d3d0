"""Later orders: what the plan means to order at the next reviews, if demand goes as it is forecast.

They are the continuation that the cost of the first order was computed with, not a promise: each review plans
anew with what was sold until then.
"""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.look_ahead import plan_of
from optimizer.price_breaks import purchase_cost
from optimizer.proposals import ORDER_COLUMNS, proposal_id
from optimizer.study import PlannedOrder, PlanStudy

__all__ = ["LATER_COLUMNS", "later_orders"]

LATER_COLUMNS = ORDER_COLUMNS[: ORDER_COLUMNS.index("reason") + 1]


def later_orders(study: PlanStudy) -> pd.DataFrame:
    """Return the orders planned after today, columns `LATER_COLUMNS`, by sku, location and order_by.

    `order_by` is after `as_of`; expected_cost and stockout_probability are missing: they are known when the
    order is due.
    """
    rows = [row for i in range(len(study.workshop.terms)) for row in _later(study, i)]
    table = pd.DataFrame(rows, columns=list(LATER_COLUMNS))
    table[["order_by", "arrive_on"]] = table[["order_by", "arrive_on"]].astype("datetime64[s]")
    return table.astype(
        {"quantity": np.int64, "unit_cost": float, "expected_cost": float, "stockout_probability": float}
    )


def _later(study: PlanStudy, i: int) -> list[dict[str, object]]:
    workshop, found = study.workshop, []
    as_of, sku, location = workshop.forecast.as_of, workshop.facts["sku"][i], workshop.facts["location"][i]
    for way, ordered, received, quantity in _planned(study, i):
        day, arrival = as_of + ordered, as_of + received
        known = not np.isnan(workshop.told["unit_cost"][way.row])
        found.append(
            {
                "proposal_id": proposal_id(sku, location, way.supplier, way.mode, day, workshop.planning.policy),
                "sku": sku,
                "location": location,
                "supplier": way.supplier,
                "mode": way.mode,
                "quantity": quantity,
                "order_by": pd.Timestamp(day),
                "arrive_on": pd.Timestamp(arrival),
                "unit_cost": purchase_cost(way.invoiced, quantity) / quantity if known else np.nan,
                "order_cost": way.order_cost,
                "expected_cost": np.nan,
                "stockout_probability": np.nan,
                "reason": f"Planned for {day}, after today's order; it will be planned anew then.",
            }
        )
    return found


def _planned(study: PlanStudy, i: int) -> Iterator[PlannedOrder]:
    """Yield SKU i's later orders in the order of their days."""
    if study.later is not None:
        yield from sorted(study.later[i], key=lambda order: order.ordered)
        return
    ahead, run, first = study.chosen_run(i)
    for place, order, steps in sorted(plan_of(run, first), key=lambda item: item[1]):
        if order:
            schedule = ahead.schedules[place]
            ordered, received = (timedelta(days=int(days[order])) for days in (schedule.ordered, schedule.received))
            yield PlannedOrder(ahead.ways[place], ordered, received, round(steps * ahead.costs.step))

"""Later orders: what the plan means to order at the next reviews, if demand goes as it is forecast.

They are the continuation that the cost of the first order was computed with, not a promise: each review plans
anew with what was sold until then.
"""

from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.look_ahead import plan_of
from optimizer.price_breaks import purchase_cost
from optimizer.proposals import ORDER_COLUMNS, proposal_id
from optimizer.study import PlanStudy

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
    ahead, run, first = study.chosen_run(i)
    workshop = study.workshop
    sku, location = workshop.facts["sku"][i], workshop.facts["location"][i]
    found = []
    for place, order, steps in sorted(plan_of(run, first), key=lambda item: item[1]):
        schedule, as_of = ahead.schedules[place], workshop.forecast.as_of
        if order == 0:
            continue
        day, arrival = (as_of + timedelta(days=int(days[order])) for days in (schedule.ordered, schedule.received))
        way, quantity = ahead.ways[place], round(steps * ahead.costs.step)
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

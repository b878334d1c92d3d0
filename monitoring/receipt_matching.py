"""Which order a delivery belongs to that names none: the oldest open one of its product, place and supplier (O19).

An assumption, and told as one: goods of one supplier come in the order in which they were asked for. What names an
order goes to that order first, and only what is then still open takes deliveries without a name.
"""

from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["MATCHED", "match_first_in_first_out"]

MATCHED = ("order_id", "received_on", "quantity", "assumed")


def match_first_in_first_out(orders: pd.DataFrame, named: pd.DataFrame, unnamed: pd.DataFrame) -> pd.DataFrame:
    """Return the deliveries of orders, the columns MATCHED: those of `named`, then what `unnamed` ones are taken for.

    orders: `order_id, sku, location, supplier, quantity, placed_on`. named: `order_id, received_on, quantity`. unnamed:
    `sku, location, supplier, received_on, quantity`; a supplier that is missing or empty fits every order, and an order
    without one every delivery. An order takes what came on or after the day on which it was placed, at most what is
    still open of it, the oldest order first; of a delivery that is more than all of them the rest is left out.
    """
    came = named.groupby("order_id")["quantity"].sum()
    left = (orders["quantity"] - orders["order_id"].map(came).fillna(0.0)).clip(lower=0.0).to_numpy(dtype=np.float64)
    order = orders.assign(left=left).sort_values(["placed_on", "order_id"], kind="stable", na_position="first")
    waiting: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in order.to_dict("records"):
        waiting[str(one["sku"]), str(one["location"])].append(one)
    rows: list[tuple[str, date, float, bool]] = []
    for one in unnamed.sort_values("received_on", kind="stable").to_dict("records"):
        rest = float(one["quantity"])
        for open_order in waiting[str(one["sku"]), str(one["location"])]:
            taken = min(rest, open_order["left"]) if _fits(open_order, one) else 0.0
            if taken > 0:
                open_order["left"] -= taken
                rest -= taken
                rows.append((open_order["order_id"], one["received_on"], taken, True))
    found = pd.DataFrame(rows, columns=list(MATCHED)).astype({"quantity": np.float64, "assumed": bool})
    first = named[["order_id", "received_on", "quantity"]].assign(assumed=False)
    return first if found.empty else found if first.empty else pd.concat([first, found], ignore_index=True)


def _fits(order: dict[str, Any], delivery: dict[str, Any]) -> bool:
    placed, came = pd.Timestamp(order["placed_on"]), pd.Timestamp(delivery["received_on"])
    suppliers = {name for name in (_text(order["supplier"]), _text(delivery["supplier"])) if name}
    return len(suppliers) < 2 and (pd.isna(placed) or placed <= came)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

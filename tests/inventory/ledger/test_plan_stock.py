"""What a plan reads from the ledger: available units only, and arrivals after inbound days or the lead time."""

from datetime import date

import numpy as np
import pandas as pd

from inventory.ledger.plan_stock import ledger_on_hand, ledger_open_orders
from inventory.ledger.positions import BUCKETS

DAY = date(2026, 8, 15)
SERIES = pd.DataFrame({"sku": ["A", "B", "C"], "location": ["main", "main", "main"]})


def position(*rows):
    table = pd.DataFrame([dict.fromkeys(BUCKETS, 0) | row for row in rows])
    return table[["sku", "location", *BUCKETS]]


def test_available_units_count_and_reserved_unsellable_and_negative_ones_do_not():
    told = position(
        {"sku": "A", "location": "main", "available": 7, "reserved": 2, "unsellable": 3},
        {"sku": "B", "location": "main", "available": -4},
        {"sku": "A", "location": "elsewhere", "available": 99},
    )
    assert ledger_on_hand(told, SERIES, np.array([1.0, 2.0, 3.0])).tolist() == [7.0, 0.0, 3.0]


def test_what_has_left_arrives_after_the_inbound_days_and_what_is_only_bought_after_the_lead_time():
    told = position(
        {"sku": "A", "location": "main", "inbound_shipped": 10, "inbound_receiving": 4, "in_transfer": 1},
        {"sku": "B", "location": "main", "on_order": 20, "inbound_working": 5},
        {"sku": "Z", "location": "main", "on_order": 9},
    )
    orders = ledger_open_orders(told, SERIES, DAY, np.array([30.0, 44.5, 60.0]), 6)
    found = {(row.sku, row.quantity, row.expected_on.date()) for row in orders.itertuples()}
    assert found == {
        *(("A", units, date(2026, 8, 21)) for units in (10.0, 4.0, 1.0)),
        *(("B", units, date(2026, 9, 29)) for units in (20.0, 5.0)),
    }


def test_a_ledger_with_nothing_on_its_way_has_no_open_orders():
    orders = ledger_open_orders(position({"sku": "A", "location": "main"}), SERIES, DAY, np.ones(3), 6)
    assert len(orders) == 0
    assert {"sku", "location", "quantity", "expected_on", "placed_on"} <= set(orders)

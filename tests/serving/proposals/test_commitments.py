"""Orders decided for count as on the way until the data show them: neither ordered twice nor counted twice."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from inventory.dataset import read_dataset
from serving.proposals.commitments import Commitment, counted, with_commitments
from tests.tiny_shop import write_shop

AS_OF = date(2024, 7, 29)
ORDER = Commitment("p1", "SKU-03", "main", "Acme", "", 30, AS_OF + timedelta(days=5), ("draft-1", "PO-1"))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = write_shop(tmp_path_factory.mktemp("committed") / "shop")
    orders = {"order_id": ["PO-1", "PO-2"], "sku": "SKU-03", "quantity": 30, "expected_on": "2024-08-03"}
    pd.DataFrame({**orders, "placed_on": ["2024-07-20", "2024-07-29"]}).to_csv(folder / "open_orders.csv", index=False)
    received = {"order_id": ["PO-3"], "sku": "SKU-03", "received_on": "2024-07-25", "quantity": 30}
    pd.DataFrame(received).to_csv(folder / "receipts.csv", index=False)
    return read_dataset(folder)


@pytest.mark.parametrize(
    ("names", "is_counted"),
    [
        ((), True),
        (("draft-1", "PO-1"), False),  # open in the ERP
        (("draft-1", "PO-3"), False),  # received
        (("draft-1", "PO-9"), True),
        (("draft-1", "PO-2"), True),  # placed on as_of: the plan does not know that row yet
    ],
)
def test_an_order_counts_until_the_data_show_its_number(dataset, names, is_counted):
    order = replace(ORDER, names=names)
    assert counted([order], dataset, AS_OF) == ([order] if is_counted else [])


@pytest.mark.parametrize(("days", "is_counted"), [(-1, False), (0, False), (1, True)])
def test_an_order_counts_until_the_day_on_which_it_was_to_arrive(dataset, days, is_counted):
    order = replace(ORDER, names=(), arrive_on=AS_OF + timedelta(days=days))
    assert bool(counted([order], dataset, AS_OF)) is is_counted


def test_what_counts_arrives_on_its_day_and_the_plan_orders_that_much_less(context):
    row = context.rows[("SKU-03", "main")]
    order = replace(ORDER, arrive_on=context.freshness.as_of + timedelta(days=7), names=())  # as a new order would
    counting = with_commitments(context, [order])
    more = counting.holdings.inbound - context.holdings.inbound
    assert (more[row, 7], more.sum()) == (30.0, 30.0)
    rows = np.array([row])
    before, after = (plan.plan(rows, {})[0].lines["quantity"].iloc[0] for plan in (context, counting))
    assert after == before - 30
    assert context.holdings.inbound[row, 7] == 0.0


def test_without_commitments_the_context_is_the_same(context):
    assert with_commitments(context, []) is context

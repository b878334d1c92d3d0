"""Plans from the ledger: the same orders as from tables that say the same, past movements only, other items as told."""

import copy
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from core.settings import Settings
from inventory.dataset import read_dataset
from inventory.ledger.book import record
from inventory.ledger.movement import Bucket, Movement, MovementKind
from serving.alerts.local import local_database
from serving.holdings import holdings
from serving.ledger_stock import context_from_ledger, local_holdings
from serving.proposals.planning import make_plan_run
from serving.question import ask
from tests.services import NOON, make_platform
from tests.tiny_shop import write_shop


def planning_from_ledger(made, **rules):
    """Return the context of a dataset that plans from the ledger."""
    config = made.dataset.config
    changed = copy.copy(made)
    planning = replace(config.planning, stock_from="ledger", **rules)
    changed.dataset = replace(made.dataset, config=replace(config, planning=planning))
    return changed


def told(day, *, available=0, shipped=0):
    """Return movements of SKU-03: units received on `day`, and units that left for us then."""
    both = []
    if available:
        both.append(Movement("SKU-03", "main", day, MovementKind.RECEIPT, available, "erp", f"in-{day}"))
    if shipped:
        kind, ends = MovementKind.SHIPMENT, (Bucket.INBOUND_WORKING, Bucket.INBOUND_SHIPPED)
        placed = Movement(
            "SKU-03",
            "main",
            day,
            MovementKind.ORDER_PLACED,
            shipped,
            "erp",
            f"po-{day}",
            Bucket.OUTSIDE,
            Bucket.INBOUND_WORKING,
        )
        both += [placed, Movement("SKU-03", "main", day, kind, shipped, "erp", f"out-{day}", *ends)]
    return both


@pytest.fixture
def platform(tmp_path, sqlite_database):
    return make_platform(tmp_path / "home", sqlite_database)


def tell(platform, movements, tenant="local"):
    with platform.database.transaction() as connection:
        record(connection, tenant, movements, NOON)


def from_ledger(platform, made, tenant="local"):
    with platform.database.reading() as connection:
        return context_from_ledger(made, connection, tenant)


def test_the_ledger_counts_only_where_the_dataset_says_so(platform, context):
    tell(platform, told(context.freshness.as_of - timedelta(days=1), available=40))
    assert from_ledger(platform, context) is context
    row = context.rows["SKU-03", "main"]
    changed = from_ledger(platform, planning_from_ledger(context))
    assert changed.holdings.on_hand[row] == 40
    others = np.arange(len(context.rows)) != row
    assert (changed.holdings.on_hand[others] == context.holdings.on_hand[others]).all()
    assert changed.holdings.inbound is context.holdings.inbound


def test_movements_of_the_day_itself_and_of_other_tenants_are_not_known(platform, context):
    tell(platform, told(context.freshness.as_of, available=40))
    tell(platform, told(context.freshness.as_of - timedelta(days=1), available=40), "rival")
    row = context.rows["SKU-03", "main"]
    changed = from_ledger(platform, planning_from_ledger(context))
    assert changed.holdings.on_hand[row] == context.holdings.on_hand[row]


def test_a_stored_plan_from_the_ledger_orders_what_one_from_tables_with_the_same_stock_orders(platform, context):
    row = context.rows["SKU-03", "main"]
    tell(platform, told(context.freshness.as_of - timedelta(days=2), available=3, shipped=30))
    made = planning_from_ledger(context, inbound_days=7)
    rows = np.array([row])
    run, (suggestion, *_) = make_plan_run(platform.database, "local", made, "default", rows, {}, {})
    held = context.holdings
    on_hand, arriving = held.on_hand.copy(), held.inbound.copy()
    on_hand[row], arriving[row] = 3, 0
    arriving[row, 7] = 30
    by_hand = copy.copy(context)
    by_hand.holdings = replace(held, on_hand=on_hand, inbound=arriving)
    expected = by_hand.plan(rows, {})[0].lines.iloc[0]
    assert suggestion.quantity == expected["quantity"]
    assert suggestion.quantity != context.plan(rows, {})[0].lines.iloc[0]["quantity"]
    assert run.summary["units"] == suggestion.quantity


def test_units_on_their_way_in_the_ledger_replace_the_open_orders_of_that_item_only(platform, context):
    as_of, row = context.freshness.as_of, context.rows["SKU-03", "main"]
    both = pd.DataFrame({"series": [row, 0], "quantity": [5.0, 6.0], "period": [1, 1], "days": [1, 1]})
    both = both.assign(supplier="", mode="")
    inbound = np.zeros_like(context.holdings.inbound)
    inbound[[row, 0], 1] = [5.0, 6.0]
    made = planning_from_ledger(context, inbound_days=3)
    held = made.holdings
    made.holdings = replace(held, inbound=inbound, buying=replace(held.buying, open_orders=both))
    tell(platform, told(as_of - timedelta(days=1), shipped=12))
    found = from_ledger(platform, made).holdings
    assert found.inbound[row].nonzero()[0].tolist() == [3]
    assert (found.inbound[row, 3], found.inbound[0, 1]) == (12.0, 6.0)
    assert sorted(found.buying.open_orders["quantity"]) == [6.0, 12.0]


def test_the_command_lines_plan_reads_the_ledger_of_this_machine(tmp_path):
    folder = write_shop(tmp_path / "shop", days=60)
    with (folder / "dataset.toml").open("a", encoding="utf-8") as file:
        file.write('\n[planning]\nstock_from = "ledger"\n')
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    question = ask(read_dataset(folder), None, None, settings)
    held, series = holdings(question), question.panel.series
    with local_database(settings) as database, database.transaction() as connection:
        record(connection, "local", told(question.as_of - timedelta(days=1), available=17), NOON)
    found = local_holdings(held, series, question)
    row = series.index[series["sku"] == "SKU-03"][0]
    assert found.on_hand[row] == 17
    assert (np.delete(found.on_hand, row) == np.delete(held.on_hand, row)).all()


def test_demand_net_of_resale_buys_less_where_returns_are_sold_again(tmp_path, context):
    folder = write_shop(tmp_path / "shop", days=60)
    sold = pd.read_csv(folder / "sales.csv").groupby("sku")["units"].sum()
    back = pd.DataFrame({"sku": ["SKU-03"], "date": ["2024-07-01"], "units": [sold["SKU-03"]], "grade": ["intact"]})
    back.to_csv(folder / "returns.csv", index=False)
    text = (folder / "dataset.toml").read_text()
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    assert holdings(ask(read_dataset(folder), None, None, settings)).demand_factor is None
    (folder / "dataset.toml").write_text(text + "\n[planning]\nnet_of_resale = true\n")
    question = ask(read_dataset(folder), None, None, settings)
    factor = holdings(question).demand_factor
    series = question.panel.series["sku"]
    assert factor[series == "SKU-03"] < 0.4
    assert (factor[series != "SKU-03"] > 0.9).all()

    row = context.rows["SKU-03", "main"]
    rows, factors = np.array([row]), np.ones(len(context.rows))
    factors[row] = 0.5
    net = copy.copy(context)
    net.holdings = replace(context.holdings, demand_factor=factors)
    gross, half = (made.plan(rows, {})[0].lines["quantity"].iloc[0] for made in (context, net))
    halved = context.plan(rows, {"demand_multiplier": 0.5})[1].lines["quantity"].iloc[0]
    assert half == halved < gross

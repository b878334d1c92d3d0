"""Policies over a small shop's history: what is known when, what is counted, where it starts."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from core.progress import silent
from core.settings import Settings
from optimizer.policy_catalogue import CATALOGUE, policy_named
from optimizer.stock_flow import DEMAND, PERIODS
from serving import use_cases
from serving.replay import Replay, Rules
from tests.tiny_shop import AS_OF, write_shop

DAYS = 40
START = date.fromisoformat(AS_OF) - timedelta(days=21)
RULES = Rules(rounds=2)


@pytest.fixture(scope="module")
def young_shop(tmp_path_factory):
    """Twelve SKUs over 40 days, too few to train on, with stock stated on START."""
    folder = write_shop(tmp_path_factory.mktemp("shops") / "young", days=DAYS)
    stock = pd.read_csv(folder / "stock.csv")
    stock.assign(date=str(START)).to_csv(folder / "stock.csv", index=False)
    return folder


def replay_of(folder, home, **sales):
    settings = Settings.from_environment({"FILLRATE_HOME": str(home)})
    dataset = use_cases.open_dataset(folder, False, settings, lambda sentence: None)
    return Replay(dataset, settings, silent, lambda sentence: None)


def changed(folder, copy, change):
    """Return a copy of the shop whose sales table went through `change`."""
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    change(pd.read_csv(copy / "sales.csv")).to_csv(copy / "sales.csv", index=False)
    return copy


def test_the_fillrate_policy_orders_what_fillrate_plan_orders(young_shop, fillrate, tmp_path):
    out = tmp_path / "plan.csv"
    assert fillrate("plan", "--data", young_shop, "--as-of", START, "--out", out).code == 0
    plan = pd.read_csv(out).set_index("sku")["quantity"]
    window = replay_of(young_shop, tmp_path).play(START, [policy_named("fillrate")], RULES)
    ordered = pd.Series(window.outcomes[0].quantities[0, :, 0, 0], index=window.series["sku"])
    assert ordered[ordered > 0].to_dict() == plan.to_dict()
    assert len(plan) > 3


def test_no_policy_sees_what_is_dated_on_or_after_the_review(young_shop, tmp_path):
    def later(sales):
        return sales.assign(units=sales["units"].where(sales["date"] < str(START), sales["units"] * 9 + 5))

    policies = [policy_named(entry.name) for entry in CATALOGUE]
    told = replay_of(young_shop, tmp_path).play(START, policies, RULES)
    other = replay_of(changed(young_shop, tmp_path / "other", later), tmp_path).play(START, policies, RULES)
    for one, two in zip(told.outcomes, other.outcomes, strict=True):
        assert np.array_equal(one.quantities[0], two.quantities[0]), one.policy
        assert one.cost.sum() != two.cost.sum()


def test_what_is_known_at_the_second_review_is_what_was_sold_until_then(young_shop, tmp_path):
    def second_week(sales):
        chosen = (sales["date"] >= str(START)) & (sales["date"] < str(START + timedelta(days=7)))
        return sales.assign(units=sales["units"].where(~chosen, sales["units"] * 5))

    policy = [policy_named("days-of-cover")]
    told = replay_of(young_shop, tmp_path).play(START, policy, RULES)
    other = replay_of(changed(young_shop, tmp_path / "other", second_week), tmp_path).play(START, policy, RULES)
    assert other.outcomes[0].quantities[1].sum() > told.outcomes[0].quantities[1].sum()


def test_by_default_a_window_ends_when_the_last_order_has_served_a_review(young_shop, tmp_path):
    """Lead time 7 days, review 7 days, two rounds: 21 days, paid for from the eighth on."""
    window = replay_of(young_shop, tmp_path).play(START, [policy_named("benchmark")], RULES)
    assert (len(window.dates), window.paid_from) == (21, 8)
    assert window.dates[0] == np.datetime64(START)
    outcome = window.outcomes[0]
    assert (outcome.ledger[:, 0, PERIODS] == 14).all()
    sales = pd.read_csv(young_shop / "sales.csv")
    sold = sales[sales["date"] >= str(START + timedelta(days=7))].groupby("sku")["units"].sum()
    assert outcome.ledger[:, 0, DEMAND].tolist() == sold.reindex(window.series["sku"]).tolist()
    assert outcome.opening.on_hand[:, 0].tolist() == [10.0 * place for place in range(12)]


def test_a_day_out_of_stock_is_no_demand(young_shop, tmp_path):
    def out_of_stock(sales):
        last = sales["date"] == sales["date"].max()
        return sales.assign(in_stock=np.where(last, 0, 1), units=sales["units"].where(~last, 0))

    folder = changed(young_shop, tmp_path / "other", out_of_stock)
    window = replay_of(folder, tmp_path).play(START, [policy_named("benchmark")], RULES)
    assert (window.outcomes[0].ledger[:, 0, PERIODS] == 13).all()


def test_a_warm_up_leaves_its_stock_behind_as_the_opening(young_shop, tmp_path):
    rules = Rules(rounds=2, warm_up=policy_named("days-of-cover:20"), warm_up_periods=14)
    window = replay_of(young_shop, tmp_path).play(START, [policy_named("benchmark")], rules)
    opening = window.outcomes[0].opening
    assert opening.inbound.sum() > 0
    assert opening.on_hand.sum() != 10 * 66


def test_lead_times_that_vary_are_drawn_the_same_for_all_policies(young_shop, tmp_path):
    folder = changed(young_shop, tmp_path / "other", lambda sales: sales)
    supply = pd.read_csv(folder / "supply.csv")
    supply.assign(lead_time_sd_days=3.0).to_csv(folder / "supply.csv", index=False)
    policies = [policy_named("days-of-cover"), policy_named("days-of-cover")]
    rules = Rules(rounds=2, periods=21, paid_from=1)
    first, second = replay_of(folder, tmp_path).play(START, policies, rules).outcomes
    assert np.array_equal(first.cost, second.cost)
    sure = replay_of(young_shop, tmp_path).play(START, policies, rules).outcomes[0]
    assert not np.array_equal(first.cost, sure.cost)


def test_training_anew_uses_what_the_rounds_before_have_shown(young_shop, tmp_path):
    replay = replay_of(young_shop, tmp_path)
    replay.play(START, [policy_named("fillrate")], RULES)
    assert len(replay.champions) == 1
    replay.play(START, [policy_named("fillrate")], Rules(rounds=2, retrain_every=1))
    first = replay.whole.origin_of(START)
    assert sorted(replay.champions) == [first, first + 7]


def test_a_product_that_first_sold_in_the_window_is_left_out_and_named(young_shop, tmp_path):
    def new(sales):
        return sales[(sales["sku"] != "SKU-03") | (sales["date"] >= str(START))]

    told = []
    replay = replay_of(changed(young_shop, tmp_path / "other", new), tmp_path)
    replay.tell = told.append
    window = replay.play(START, [policy_named("benchmark")], RULES)
    assert "SKU-03" not in set(window.series["sku"])
    assert any("1 series that first sold" in sentence for sentence in told)


def test_the_newest_window_ends_with_the_history(young_shop, tmp_path):
    assert replay_of(young_shop, tmp_path).newest_start(RULES) == START


@pytest.mark.parametrize(
    ("start", "rules", "words"),
    [
        (date(2019, 1, 1), RULES, "outside the history; choose a day from"),
        (START + timedelta(days=7), RULES, "needs 21 periods and history has 14"),
        (START - timedelta(days=1), Rules(rounds=2), "states no stock on or before"),
        (START, Rules(2, warm_up=policy_named("benchmark"), warm_up_periods=30), "shorten --warm-up-periods"),
    ],
)
def test_a_window_that_history_cannot_play_is_refused_with_the_remedy(young_shop, tmp_path, start, rules, words):
    with pytest.raises(UsageError, match=words):
        replay_of(young_shop, tmp_path).play(start, [policy_named("benchmark")], rules)

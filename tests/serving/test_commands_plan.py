"""`--explain` and `--planned-out`, on a plan made without any model."""

import numpy as np
import pandas as pd
import pytest

from core.errors import UnknownSkuError
from optimizer.buying import Buying
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions
from optimizer.shared_limits import SharedLimit
from serving.commands_plan import print_limits, tell_more
from serving.console import Screen
from tests.optimizer.conftest import forecast_of, random_paths, terms_of


@pytest.fixture
def plan():
    forecast = forecast_of(random_paths(3, mean=8.0))
    return plan_orders(forecast, terms_of(forecast), np.zeros(3), np.zeros((3, 7)), PlanningOptions())


def test_an_explanation_is_printed_with_its_tables(plan, capsys):
    tell_more(Screen(), plan, "s1", None)
    said = " ".join(capsys.readouterr().out.split())
    assert "s1 at main: Order" in said
    assert "Cost of each quantity" in said
    assert "wait for the next review" in said
    assert "One case more would change the expected cost by +" in said


def test_later_orders_are_written_to_a_file_of_their_own(plan, tmp_path):
    tell_more(Screen(quiet=True), plan, None, tmp_path / "later.csv")
    later = pd.read_csv(tmp_path / "later.csv")
    assert len(later)
    assert (later["order_by"] > "2024-04-15").all()


def test_an_unknown_sku_is_refused(plan):
    with pytest.raises(UnknownSkuError, match="ghost"):
        tell_more(Screen(quiet=True), plan, "ghost", None)


def test_a_named_policy_is_planned_costed_and_never_cheaper_than_ours(at_home, shop, tmp_path):
    spent = {}
    for name in ("fillrate", "base-stock:0.9", "days-of-cover:20+promotion"):
        out = tmp_path / "orders.csv"
        said = at_home("plan", "--data", shop, "--policy", name, "--out", out)
        assert said.code == 0, said.err
        spent[name] = pd.read_csv(out)
        assert ("policy " + name in said.out) == (name != "fillrate")
        assert ("Uplift promotion ×1.2 (O13): 1.00 → 1.20" in said.out) == ("+" in name)
    ours, base, cover = (table.set_index("sku") for table in spent.values())
    assert set(base["proposal_id"]).isdisjoint(ours["proposal_id"])
    both = ours.index.intersection(base.index)
    assert (ours.loc[both, "expected_cost"] <= base.loc[both, "expected_cost"] + 1e-6).all()
    assert base["quantity"].sum() != cover["quantity"].sum()


def test_a_policy_that_is_not_known_is_refused_before_any_work(fillrate, tmp_path):
    said = fillrate("plan", "--data", tmp_path, "--policy", "magic")
    assert said.code == 2
    assert "policy 'magic' is not known; choose from fillrate, benchmark" in said.err


def test_binding_limits_are_printed_with_what_more_of_them_saves(capsys):
    forecast = forecast_of(random_paths(3, mean=8.0))
    limit = SharedLimit("cash", False, True, np.ones(3), (30.0,))
    planning = PlanningOptions(time_limit_seconds=1.0)
    none = np.zeros(3), np.zeros((3, 7))
    plan = plan_orders(forecast, terms_of(forecast, case_pack=5.0), *none, planning, buying=Buying(limits=(limit,)))
    print_limits(Screen(), plan.summary)
    said = capsys.readouterr().out
    assert "cash of period 1" in said
    assert "1 more saves" in said
    assert f"of {len(plan.summary.limits)} limits bind" in said

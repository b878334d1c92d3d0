"""`--explain` and `--planned-out`, on a plan made without any model."""

import numpy as np
import pandas as pd
import pytest

from core.errors import UnknownSkuError
from optimizer.plan import plan_orders
from optimizer.planning import PlanningOptions
from serving.commands_plan import tell_more
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

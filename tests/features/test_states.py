from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency
from features.panel import Panel, build_panel
from features.specification import specify_features
from features.states import planned_prices, price_shares, promotion_states


def weekly_panel(paid: list[float], planned: list[float]) -> Panel:
    """Return one series that sold at `paid`, with prices planned for the weeks after."""
    dates = pd.date_range("2024-01-01", periods=len(paid) + len(planned), freq="7D", unit="s")
    sales = pd.DataFrame({"sku": "a", "location": "main", "date": dates[: len(paid)], "units": 5.0, "price": paid})
    signals = pd.DataFrame({"date": dates[len(paid) :], "name": "price", "value": planned, "sku": "a"})
    for name in ("category", "keyword", "location"):
        signals[name] = pd.Series([np.nan] * len(signals), dtype="str")
    signals = signals.assign(known_ahead=True, available_on=pd.NaT).astype({"sku": "str"})
    tables = {"sales": sales.assign(in_stock=1.0).astype({"sku": "str", "location": "str"}), "signals": signals}
    as_of = dates[len(paid)].date()
    assert isinstance(as_of, date)
    return build_panel(tables, Frequency.WEEKLY, as_of)


def test_planned_prices_continue_those_that_were_paid() -> None:
    panel = weekly_panel([4.0, 4.0, 3.0], [2.0, 4.0])
    np.testing.assert_allclose(planned_prices(panel)[0, :5], [4, 4, 3, 2, 4])
    assert np.isnan(planned_prices(panel)[0, 5])
    assert specify_features(panel, 2).known == ("price",)


def test_a_price_is_told_as_a_share_of_the_highest_of_the_quarter_before_it() -> None:
    panel = weekly_panel([4.0] + [3.0] * 14, [2.0])
    shares = price_shares(panel, planned_prices(panel))[0]
    np.testing.assert_allclose(shares[[0, 1, 12, 13, 15]], [1, 0.75, 0.75, 1, 2 / 3], rtol=1e-6)


def test_weeks_of_like_price_have_the_same_state_and_a_deep_discount_another() -> None:
    panel = weekly_panel([4.0, 4.0, 2.0, 4.0], [2.0, 4.0])
    states = promotion_states(panel, ("price",), planned_prices(panel))[0]
    assert states[0] == states[1] == states[3] == states[5]
    assert states[2] == states[4] != states[0]

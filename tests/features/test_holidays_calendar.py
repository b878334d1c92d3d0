from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigurationError
from core.frequency import Frequency
from features.holidays_calendar import with_holidays
from features.panel import build_panel
from tests.simulated import simulated_tables

FIRST, LAST = np.datetime64("2023-01-01"), np.datetime64("2023-12-31")


def test_the_holidays_of_a_country_and_its_region_are_there() -> None:
    table = with_holidays(None, "DE-BY", FIRST, LAST)
    assert table is not None
    named = dict(zip(table["date"].dt.strftime("%Y-%m-%d"), table["name"], strict=True))
    assert named["2023-12-25"] == "Christmas Day"
    assert named["2023-01-06"] == "Epiphany"
    whole = with_holidays(None, "DE", FIRST, LAST)
    assert whole is not None
    assert pd.Timestamp("2023-01-06") not in set(whole["date"])


def test_an_event_of_the_dataset_keeps_its_day() -> None:
    own = pd.DataFrame({"date": [pd.Timestamp("2023-07-04")], "name": ["Prime Day"], "kind": "deal"})
    own["location"] = pd.Series([np.nan], dtype="str")
    table = with_holidays(own, "US", FIRST, LAST)
    assert table is not None
    assert table.loc[table["date"] == "2023-07-04", "name"].tolist() == ["Prime Day"]
    assert table["name"].str.contains("Thanksgiving").any()


@pytest.mark.parametrize(("country", "message"), [("XQ", "is no country"), ("DE-QQ", "names no region of DE")])
def test_a_country_that_is_not_known_is_refused(country: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        with_holidays(None, country, FIRST, LAST)


def test_a_panel_counts_the_days_to_and_from_a_holiday() -> None:
    panel = build_panel(simulated_tables(series=2, days=60, seed=1), Frequency.DAILY, date(2023, 2, 20), holidays="US")
    eve = panel.origin_of(date(2023, 7, 3))
    row = panel.events.rows[0]
    assert panel.events.until[row, eve] == 1
    assert panel.events.since[row, eve + 3] == 2
    assert panel.events.names[panel.events.identity[row, eve + 1] - 1] == "Independence Day"

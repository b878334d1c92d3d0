"""A small seeded business that every feature has something to say about."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from features.panel import Panel, build_panel
from tests.simulated import simulated_tables


@pytest.fixture(scope="package")
def tables() -> dict[str, pd.DataFrame]:
    return simulated_tables(series=8, days=420, seed=3)


@pytest.fixture(scope="package")
def panel(tables: dict[str, pd.DataFrame]) -> Panel:
    first = tables["sales"]["date"].min()
    as_of = (first + np.timedelta64(400, "D")).date()
    assert isinstance(as_of, date)
    return build_panel(tables, Frequency.DAILY, as_of)

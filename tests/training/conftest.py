"""One small model, trained once for all tests of the room."""

from datetime import date

import pytest

from core.frequency import Frequency
from features.panel import Panel, build_panel
from tests.simulated import simulated_tables
from training.boosted import TrainingSettings
from training.distribution_head import HeadSettings
from training.pipeline import TrainingResult, train

QUICK = TrainingSettings(most_rows=20_000, head=HeadSettings(rounds=30, dispersion_rounds=20))


@pytest.fixture(scope="session")
def panel() -> Panel:
    return build_panel(simulated_tables(series=16, days=420, seed=11), Frequency.DAILY, date(2024, 2, 20))


@pytest.fixture(scope="session")
def result(panel: Panel) -> TrainingResult:
    return train(panel, 14, QUICK)

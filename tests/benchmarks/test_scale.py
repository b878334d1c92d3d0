"""The scale board counts what it says: the whole of a contender, and its peak."""

import json

import numpy as np
import pytest

from benchmarks.scale import every_row, row, run_fillrate
from benchmarks.scale_panel import synthetic_panel, synthetic_units
from training.boosted import TrainingSettings

STEP = {"cpu": 1.0, "peak_gib": 0.5}


def test_the_panel_has_the_units_it_was_given_and_groups_of_three_kinds() -> None:
    units = synthetic_units(40, 120, seed=2)
    panel = synthetic_panel(units)
    assert panel.history.units is units
    assert (panel.periods, len(panel.series)) == (120, 40)
    assert panel.group_names == ("all", "category", "department", "store")
    sold = units > 0
    assert (panel.history.first[sold.any(axis=1)] == sold.argmax(axis=1)[sold.any(axis=1)]).all()
    assert 0.3 < (units == 0).mean() < 0.9


def test_every_row_is_every_day_of_every_series_of_the_chunk_one_day_ahead() -> None:
    rows = every_row(10, 1_000, 1_003)
    assert sorted(set(rows.who.tolist())) == [1_000, 1_001, 1_002]
    assert rows.target.reshape(3, 9).tolist() == [list(range(1, 10))] * 3


def test_fillrates_whole_is_training_and_forecast_and_the_peers_has_its_features() -> None:
    steps = {
        name: {"seconds": seconds, **STEP} for name, seconds in (("features", 8.0), ("fit", 2.0), ("forecast", 1.0))
    }
    steps["shape"] = {"rows": 1, "columns": 17, "answers": 1}
    assert row(5, 9, "mlforecast, mean only", steps)["whole s"] == 11.0
    own = {**steps, "rows": steps["fit"], "every row": steps["fit"], "quantiles": steps["forecast"]}
    found = row(5, 9, "fillrate", own)
    assert (found["whole s"], found["every row s"], found["sampled rows s"]) == (4.0, 2.0, 10.0)


@pytest.mark.slow
def test_a_small_panel_runs_through_all_steps(tmp_path, capsys) -> None:
    np.save(tmp_path / "units.npy", synthetic_units(60, 800, 3))
    run_fillrate(tmp_path / "units.npy", TrainingSettings(most_rows=5_000, threads=1), profile=False, every=True)
    steps = json.loads(capsys.readouterr().out)
    assert steps["shape"]["rows"] == 60 * 799
    assert steps["shape"]["answers"] == 60 * 28
    assert steps["fit"]["cpu"] > 0

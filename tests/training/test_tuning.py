"""The search: inside history, never worse than where it began, resumed where it stopped, the same for the same seed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InsufficientHistoryError, StorageError, UsageError
from features.panel import Panel
from training.boosted import TrainingSettings
from training.distribution_head import HeadSettings
from training.tuning import SPACE, Choice, TuningSettings, _loss, tune, tuning_origins

BASE = TrainingSettings(
    most_rows=2500, threads=1, head=HeadSettings(rounds=8, dispersion_rounds=5, leaves=5), history_years=1.0
)


@pytest.fixture(autouse=True)
def small_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try quick settings only: what is tested is the search, not what it finds."""
    monkeypatch.setattr(
        "training.tuning.SPACE",
        {
            "head.rounds": Choice(4, 12, whole=True),
            "head.learning_rate": Choice(0.02, 0.3, logarithm=True),
            "head.extra.lambda_l2": Choice(0.1, 10, logarithm=True),
            "no_such_setting": Choice(0, 1),
        },
    )


def looking(folder: Path, **changes: object) -> TuningSettings:
    return replace(TuningSettings(folder / "tuning.db", "study", trials=3), **changes)


def test_a_search_begins_with_what_there_is_and_never_ends_worse(panel: Panel, tmp_path: Path) -> None:
    found = tune(panel, 14, BASE, looking(tmp_path))
    assert found.loss <= found.shipped
    assert found.gain >= 0
    assert found.trials["loss"].min() == found.loss
    origins = tuning_origins(panel, 14, 3)
    assert found.shipped == pytest.approx(np.mean([_loss(panel, origin, 14, BASE, None) for origin in origins]))
    assert found.settings.most_rows == BASE.most_rows
    assert (
        found.settings.head.extra["lambda_l2"]
        == found.trials.loc[found.trials["loss"].idxmin(), "head.extra.lambda_l2"]
    )


def test_a_search_is_resumed_and_not_repeated(panel: Panel, tmp_path: Path) -> None:
    first = tune(panel, 14, BASE, looking(tmp_path, trials=1))
    with pytest.raises(UsageError, match="--resume goes on with it"):
        tune(panel, 14, BASE, looking(tmp_path))
    more = tune(panel, 14, BASE, looking(tmp_path, trials=2, resume=True))
    assert more.trials["number"].tolist() == [0, 1]
    assert more.trials["loss"].iloc[0] == first.loss
    assert len(tune(panel, 14, BASE, looking(tmp_path, trials=2, resume=True)).trials) == 2


def test_the_same_seed_tries_the_same(panel: Panel, tmp_path: Path) -> None:
    one, two = (tune(panel, 14, BASE, looking(tmp_path, study=name, trials=2, level=0.9)) for name in "ab")
    assert one.trials.equals(two.trials)


def test_hopeless_trials_are_dropped_after_an_origin(panel: Panel, tmp_path: Path, monkeypatch) -> None:
    calls: list[float] = []

    def loss(panel, origin, horizon, settings, level):
        calls.append(origin)
        return settings.head.learning_rate

    monkeypatch.setattr("training.tuning._loss", loss)
    found = tune(panel, 14, BASE, looking(tmp_path, trials=14))
    dropped = found.trials["state"] == "pruned"
    assert dropped.any()
    assert len(calls) < 14 * 3
    assert found.trials.loc[dropped, "head.learning_rate"].min() > found.loss


def test_origins_lie_inside_history_and_are_three_at_least(panel: Panel) -> None:
    origins = tuning_origins(panel, 14, 3)
    assert origins[-1] + 14 <= panel.periods
    assert len(origins) == 3
    assert tuning_origins(panel.before(60), 14, 3)[0] >= 30
    with pytest.raises(UsageError, match="at least 3"):
        tuning_origins(panel, 14, 2)
    with pytest.raises(InsufficientHistoryError, match="too few to tune on"):
        tuning_origins(panel.before(20), 14, 3)


def test_a_file_that_is_no_database_is_said_to_be_none(panel: Panel, tmp_path: Path) -> None:
    (tmp_path / "tuning.db").write_text("not a database", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot be used for tuning"):
        tune(panel, 14, BASE, looking(tmp_path))


def test_every_setting_of_the_shipped_space_is_one_that_training_has() -> None:
    for name in SPACE:
        parts = name.split(".")
        node = TrainingSettings()
        for part in parts[:2]:
            node = getattr(node, part)
        assert len(parts) < 3 or isinstance(node, dict)

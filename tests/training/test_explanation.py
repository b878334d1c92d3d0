"""Contributions that add up to the forecast, and that find the block which demand was made from."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from features.panel import Panel
from training.explanation import Explanation, explain, shared_out
from training.pipeline import TrainingResult


@pytest.fixture(scope="module")
def explained(panel: Panel, result: TrainingResult) -> tuple[Explanation, ...]:
    return explain(result.model, panel, 2, 14)


def test_the_parts_and_the_start_add_up_to_the_forecast(
    panel: Panel, result: TrainingResult, explained: tuple[Explanation, ...]
) -> None:
    mean = result.model.distribution(panel, 14).mean[2]
    for ahead, item in enumerate(explained):
        assert item.mean == mean[ahead]
        assert item.start + sum(part.units for part in item.parts) == pytest.approx(mean[ahead], rel=1e-9)
        assert (item.sku, item.date) == ("sku-002", panel.dates(panel.periods + ahead, 1)[0].astype(object))


def test_the_factors_times_the_start_are_the_boosted_mean(explained: tuple[Explanation, ...]) -> None:
    for item in explained:
        boosted = item.start * np.prod([part.factor for part in item.parts if np.isfinite(part.factor)])
        rest = next(part.units for part in item.parts if part.block == "beside the trees")
        assert boosted + rest == pytest.approx(item.mean, rel=1e-9)


def test_a_week_of_weekends_and_workdays_is_told_apart_by_what_knows_the_weekday(
    panel: Panel, explained: tuple[Explanation, ...]
) -> None:
    rhythm = {"season", "group_season", "calendar"}
    moved = [sum(part.units for part in item.parts if part.block in rhythm) for item in explained]
    weekend = [item.date.weekday() >= 5 for item in explained]
    assert (
        np.mean([m for m, w in zip(moved, weekend, strict=True) if w])
        > 0
        > np.mean([m for m, w in zip(moved, weekend, strict=True) if not w])
    )


def test_the_words_begin_with_the_usual_and_end_with_the_forecast(explained: tuple[Explanation, ...]) -> None:
    item = explained[0]
    told = [part for part in item.parts if abs(part.units) >= 0.005]
    assert len(item.sentences) == len(told) + 2
    assert item.sentences[0].startswith(f"{item.start:.2f} units is usual")
    assert item.sentences[-1] == f"{item.mean:.2f} units is the mean forecast for {item.date}"
    assert item.sentences[1].startswith(f"{told[0].units:+.2f} units (× {told[0].factor:.2f}) {told[0].block}: ")
    assert told[0].because in item.sentences[1]


def test_the_table_adds_up_too(explained: tuple[Explanation, ...]) -> None:
    table = explained[3].to_frame()
    assert table["units"].iloc[:-1].sum() == pytest.approx(table["units"].iloc[-1])
    assert table["block"].iloc[0] == "usual level"


def test_a_model_without_one_booster_says_that_it_cannot_be_explained(panel: Panel, result: TrainingResult) -> None:
    other = replace(result.model, head=replace(result.model.head, mean_booster=None))
    with pytest.raises(UsageError, match="cannot be explained"):
        explain(other, panel, 0, 1)


@given(st.floats(0.01, 100), st.lists(st.floats(-2, 2), min_size=1, max_size=8))
def test_shares_add_up_and_keep_the_sign_of_what_moved(start: float, moves: list[float]) -> None:
    units = shared_out(start, np.array(moves))
    assert start + units.sum() == pytest.approx(start * np.exp(sum(moves)), rel=1e-6)
    assert all(np.sign(unit) == np.sign(move) or abs(move) < 1e-12 for unit, move in zip(units, moves, strict=True))

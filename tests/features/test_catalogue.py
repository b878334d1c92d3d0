"""Blocks: every one is in words, can be switched off by its name, and takes nothing else with it."""

import numpy as np
import pytest

from core.errors import UsageError
from features.build import build_features
from features.catalogue import BLOCKS, switched_on
from features.listing import list_blocks, list_columns, sample_specification
from features.panel import Panel
from features.rows import training_rows
from features.specification import specify_features


def test_every_block_and_column_is_described_and_answers_rules_of_the_trade() -> None:
    spec = sample_specification()
    for block in BLOCKS:
        assert block.rules, block.name
        assert block.about.endswith("."), block.name
        assert block.needs, block.name
        assert block.columns(spec), block.name
        assert all(column.meaning.endswith(".") for column in block.columns(spec)), block.name
    assert len(set(spec.names)) == len(spec.names)


@pytest.mark.parametrize("name", [block.name for block in BLOCKS])
def test_a_block_switched_off_takes_its_own_columns_and_changes_no_other(panel: Panel, name: str) -> None:
    every = [block.name for block in BLOCKS if not block.default]
    rows = training_rows(panel, 7, most=60, history=400, seed=2)
    whole = build_features(panel, specify_features(panel, 7, also=every), rows)
    spec = specify_features(panel, 7, without=[name], also=[item for item in every if item != name])
    part = build_features(panel, spec, rows)
    kept = [place for place, column in enumerate(whole.names) if column in part.names]
    assert part.names == tuple(whole.names[place] for place in kept)
    np.testing.assert_array_equal(part.values, whole.values[:, kept])
    np.testing.assert_array_equal(part.scale, whole.scale)


def test_an_unknown_block_is_refused_with_the_nearest_name(panel: Panel) -> None:
    with pytest.raises(UsageError, match="'prise' is not a block of features; did you mean 'price'"):
        specify_features(panel, 7, without=["prise"])
    with pytest.raises(UsageError, match="known ones are own_windows, rhythm"):
        specify_features(panel, 7, also=["zzz"])


def test_a_block_cannot_be_on_and_off_and_not_all_can_be_off(panel: Panel) -> None:
    with pytest.raises(UsageError, match="'price' is switched on and off"):
        switched_on(without=["price"], also=["price"])
    with pytest.raises(UsageError, match="leave at least one on"):
        specify_features(panel, 7, without=[block.name for block in BLOCKS])


def test_the_listing_says_what_is_off_and_why(panel: Panel) -> None:
    listed = list_blocks(panel, 7, without=["price"]).set_index("block")
    assert listed.loc["price", "on"] == "no"
    assert listed.loc["price", "why"] == "switched off"
    assert listed.loc["own_windows", "on"] == "yes"
    columns = list_columns(panel, 7, without=["price"])
    assert columns["column"].tolist() == list(specify_features(panel, 7, without=["price"]).names)


def test_without_a_dataset_every_column_is_listed_in_words() -> None:
    columns = list_columns(None, 1)
    assert set(columns["block"]) == {block.name for block in BLOCKS}
    assert columns["meaning"].str.len().min() > 10

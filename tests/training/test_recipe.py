import json
from dataclasses import replace

import pytest

from core.errors import UsageError
from training.boosted import TrainingSettings
from training.gate import GateSettings
from training.recipe import facts_of, filled, read_settings, recipe_digest, settings_of

BASE = TrainingSettings(threads=1, seed=5)


def test_settings_come_back_from_their_file_and_keep_threads_and_seed_of_the_run(tmp_path):
    told = replace(TrainingSettings(threads=9, seed=9), most_rows=7, head=replace(BASE.head, rounds=3))
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"settings": facts_of(told), "value": 1.0}), encoding="utf-8")
    found = read_settings(file, BASE)
    assert found == replace(told, threads=1, seed=5)
    assert recipe_digest(found) == recipe_digest(told) != recipe_digest(BASE)


def test_a_part_is_enough_and_a_whole_number_may_stand_for_a_share():
    found = settings_of({"history_years": 2, "head": {"leaves": 5}}, BASE, "here")
    assert (found.history_years, found.head.leaves, found.head.rounds) == (2.0, 5, BASE.head.rounds)
    assert isinstance(found.history_years, float)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"head": {"leafs": 5}}, "head.leafs is no setting; known ones are .*leaves"),
        ({"most_rows": "many"}, "most_rows is 'many'; write it like"),
        ({"head": 3}, "head is 3"),
        ({"most_rows": True}, "most_rows is True"),
    ],
)
def test_a_wrong_setting_is_named(facts, told):
    with pytest.raises(UsageError, match=told):
        settings_of(facts, BASE, "file")


@pytest.mark.parametrize(
    ("text", "told"), [("[1]", "no object of settings"), ("{", "is not JSON"), (None, "cannot be read")]
)
def test_a_file_that_holds_no_settings_is_refused(tmp_path, text, told):
    file = tmp_path / "settings.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        read_settings(file, BASE)


def test_the_gates_settings_are_read_the_same_way():
    assert filled(GateSettings(), {"most_worse": 0}, "gate").most_worse == 0.0

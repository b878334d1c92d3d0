"""What a dataset is called, and which days can be asked about."""

from datetime import date

import pandas as pd
import pytest

from core.errors import UsageError
from core.settings import Settings
from serving import use_cases
from serving.facts import check_as_of, dataset_id, default_as_of
from tests.tiny_shop import AS_OF

SETTINGS = Settings.from_environment({})


@pytest.fixture(scope="module")
def dataset(shop):
    return use_cases.open_dataset(shop, False, SETTINGS, lambda sentence: None)


@pytest.fixture(scope="module")
def weekly(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weekly")
    dates = pd.date_range("2024-01-01", periods=30, freq="W-MON").strftime("%Y-%m-%d")
    pd.DataFrame({"sku": "a", "date": dates, "units": 3}).to_csv(folder / "sales.csv", index=False)
    return use_cases.open_dataset(folder, False, SETTINGS, lambda sentence: None)


def test_the_default_day_is_the_one_after_the_newest_period(dataset, weekly):
    assert default_as_of(dataset) == date.fromisoformat(AS_OF)
    assert default_as_of(weekly) == date(2024, 7, 29)


def test_days_without_history_or_far_beyond_it_are_refused_with_the_range(dataset):
    assert check_as_of(dataset, date(2024, 1, 2), 7) == date(2024, 1, 2)
    assert check_as_of(dataset, date(2024, 8, 5), 7) == date(2024, 8, 5)
    for day in (date(2024, 1, 1), date(2024, 8, 6)):
        with pytest.raises(UsageError, match="choose a day from 2024-01-02 to 2024-08-05"):
            check_as_of(dataset, day, 7)


def test_a_day_inside_a_week_stands_for_its_monday(weekly):
    question = use_cases.ask(weekly, date(2024, 7, 25), 4, SETTINGS)
    assert question.as_of == date(2024, 7, 22)
    assert question.panel.last_observed == date(2024, 7, 15)


def test_two_folders_of_one_name_have_models_of_their_own(tmp_path):
    folders = [tmp_path / place / "My Shop!" for place in "ab"]
    names = {dataset_id(folder) for folder in folders}
    assert len(names) == 2
    assert all(name.startswith("my-shop-") for name in names)
    assert dataset_id(folders[0]) == dataset_id(tmp_path / "a" / ".." / "a" / "My Shop!")

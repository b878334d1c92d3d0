"""dataset.toml: defaults, values, and what is refused."""

import tomllib

import pytest

from core.errors import ConfigurationError
from core.frequency import Frequency
from inventory.configuration import DatasetConfig, read_configuration, toml_value


def test_without_a_file_everything_has_its_documented_default(tmp_path):
    assert read_configuration(tmp_path) == (DatasetConfig(), False)


def test_every_key_arrives_where_it_belongs(tmp_path):
    (tmp_path / "dataset.toml").write_text(
        'frequency = "W-MON"\ncurrency = "EUR"\ntime_zone = "Europe/Berlin"\n'
        "[planning]\nreview_period_days = 14\nlost_sales = false\ncycle_service_level = 0.9\nbudget = 100\n"
        "volume_capacity = 2.5\n"
        "[defaults]\nlead_time_days = 3\nholding_cost = 0.2\nholding_rate = 0.1\nstockout_cost = 1\n"
        "minimum_order_quantity = 6\ncase_pack = 12\n"
        '[features]\noff = ["price"]\non = ["trend"]\nholidays = "DE-BY"\n'
    )
    config, named = read_configuration(tmp_path)
    assert named
    assert config.frequency is Frequency.WEEKLY
    assert (config.planning.review_period_days, config.planning.lost_sales) == (14, False)
    assert (config.planning.budget, config.planning.volume_capacity) == (100.0, 2.5)
    assert (config.defaults.lead_time_days, config.defaults.case_pack) == (3.0, 12)
    assert (config.features.off, config.features.on, config.features.holidays) == (("price",), ("trend",), "DE-BY")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frequncy = 'D'", "frequncy is not a known key; did you mean frequency?"),
        ("[planning]\nbuget = 1", "planning.buget is not a known key; did you mean budget?"),
        ("frequency = 'weekly'", "frequency = 'weekly' is not a frequency"),
        ("currency = 'euro'", "currency = 'euro' is not a currency code of three capitals"),
        ("time_zone = 'Mars/Base'", "time_zone = 'Mars/Base' is not a time zone"),
        ("planning = 3", "planning = 3 is not a section"),
        ("[defaults]\nholding_rate = 1e308", "holding_rate = 1e+308 is not a number of at least 0 and at most 1000"),
        ("[planning]\nreview_period_days = 100000", "a whole number of at least 1 and at most 3650"),
        ("[planning]\nlost_sales = 1", "planning.lost_sales = 1 is not true or false"),
        ("[planning]\ncycle_service_level = 1.0", "is not a number above 0 and below 1"),
        ("[planning]\nreview_period_days = 0.5", "is not a whole number of at least 1"),
        ("[defaults]\nholding_rate = inf", "defaults.holding_rate = inf is not a number of at least 0"),
        ("[fees]\nvolume_unit = 'bushels'", "fees.volume_unit = 'bushels' is not one of cubic_feet, cubic_inches"),
        ("[fees]\nlocation_factor = 2", "fees.location_factor = 2 is not a number of at least 0 and at most 1"),
        ("[features]\noff = 'price'", "features.off = 'price' is not a list of names"),
        ("[features]\noff = [1]", "features.off = [1] is not a list of names"),
        ("[features]\nholidays = 'usa'", "features.holidays = 'usa' is not a country of two capitals"),
        ("[features]\nimputation = 'guess'", "features.imputation = 'guess' is not one of mask, partial, expected"),
        ("[features]\nof = []", "features.of is not a known key; did you mean off?"),
        ("[defaults", "dataset.toml is not readable as TOML"),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_name(tmp_path, text, message):
    (tmp_path / "dataset.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path)
    assert message in str(caught.value)


def test_a_folder_of_that_name_is_refused_and_not_overlooked(tmp_path):
    (tmp_path / "dataset.toml").mkdir()
    with pytest.raises(ConfigurationError, match="is a folder"):
        read_configuration(tmp_path)


def test_a_text_that_json_would_write_as_surrogates_is_read_back_from_toml() -> None:
    names = ["\U0001f69a express", "line\nbreak", 'quo"te', "del\x7f"]
    assert tomllib.loads(f"names = {toml_value(names)}\n")["names"] == names

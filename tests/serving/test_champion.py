"""Which model may answer, and what answers where none may."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.errors import ModelNotFoundError
from core.frequency import Frequency
from core.progress import silent
from core.settings import Settings
from features.panel import build_panel
from serving import use_cases
from serving.champion import MAX_MODEL_AGE_DAYS, load_fitting, stand_in, training_settings, why_unfit
from tests.tiny_shop import AS_OF, write_shop
from training.registry import ModelVersion

END = date.fromisoformat(AS_OF)


@pytest.fixture(scope="module")
def dataset(shop):
    return use_cases.open_dataset(shop, False, Settings.from_environment({}), lambda sentence: None)


@pytest.fixture(scope="module")
def panel(dataset):
    return build_panel(dataset.tables, Frequency.DAILY, END)


def version_as_of(panel, as_of, horizon=28):
    known = panel.before(panel.origin_of(as_of)).fingerprint()
    return ModelVersion("tiny", "1", "run", "a run", as_of, horizon, known, True)


@pytest.mark.parametrize("age", [0, 1, MAX_MODEL_AGE_DAYS])
def test_a_model_of_the_same_history_fits_until_it_is_too_old(panel, age):
    assert why_unfit(version_as_of(panel, END - timedelta(days=age)), panel, 28) is None


def test_an_old_model_does_not_fit(panel):
    reason = why_unfit(version_as_of(panel, END - timedelta(days=MAX_MODEL_AGE_DAYS + 1)), panel, 28)
    assert "29 days old" in reason


def test_a_model_that_has_seen_one_day_too_many_never_fits(dataset, panel):
    earlier = build_panel(dataset.tables, Frequency.DAILY, END - timedelta(days=1))
    assert "must not know" in why_unfit(version_as_of(panel, END), earlier, 1)


def test_a_model_that_does_not_reach_far_enough_does_not_fit(panel):
    assert "reaches 28 periods and 29 are needed" in why_unfit(version_as_of(panel, END), panel, 29)


def test_a_corrected_old_sale_retires_the_model_and_a_new_day_does_not(dataset, panel):
    then = END - timedelta(days=7)
    version = version_as_of(panel, then)
    sales = dataset.tables["sales"].copy()
    sales.loc[sales.index[5], "units"] += 1
    corrected = build_panel({**dataset.tables, "sales": sales}, Frequency.DAILY, END)
    assert why_unfit(version, corrected, 28) == "the history or the categories it learned from have changed"
    assert why_unfit(version, panel, 28) is None


def test_a_new_category_retires_the_model_because_it_shifts_the_codes_of_others(dataset, panel):
    version = version_as_of(panel, END - timedelta(days=7))
    products = dataset.tables["products"]
    for changed in (products.assign(category=products["category"].replace("b", "aa")), products.iloc[:0]):
        other = build_panel({**dataset.tables, "products": changed}, Frequency.DAILY, END)
        assert "categories it learned from have changed" in why_unfit(version, other, 28)


def test_the_registered_champion_is_loaded_or_the_reason_told(dataset, panel, trained_home):
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    assert load_fitting(dataset, panel, 28, settings).version.as_of == END
    with pytest.raises(ModelNotFoundError, match="reaches 28 periods and 90 are needed"):
        load_fitting(dataset, panel, 90, settings)


def test_a_moved_dataset_has_no_champion(dataset, panel, trained_home, tmp_path):
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    with pytest.raises(ModelNotFoundError, match="no champion"):
        load_fitting(replace(dataset, folder=tmp_path), panel, 28, settings)


def test_a_short_history_is_forecast_by_a_baseline_that_says_why(tmp_path):
    folder = write_shop(tmp_path / "young", days=12)
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    young = use_cases.open_dataset(folder, False, settings, lambda sentence: None)
    told: list[str] = []
    question = use_cases.ask(young, None, 7, settings)
    made = use_cases.forecast(question, (0.1, 0.9), lambda step, done: None, told.append)
    assert "too few" in told[-1]
    assert made.champion.version is None
    assert made.forecast.series["fallback_reason"].str.contains("too few").all()
    assert (np.diff(made.forecast.quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("last", [0, 3])
def test_a_shop_that_hardly_sold_is_forecast_by_a_baseline_that_says_why(tmp_path, last):
    folder = write_shop(tmp_path / "still")
    sales = pd.read_csv(folder / "sales.csv")
    sales["units"] = sales["units"].where(sales["date"] >= str(END - timedelta(days=last)), 0)
    sales.to_csv(folder / "sales.csv", index=False)
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    still = use_cases.open_dataset(folder, False, settings, lambda sentence: None)
    made = use_cases.forecast(
        use_cases.ask(still, None, 7, settings), (0.5,), lambda step, done: None, lambda sentence: None
    )
    assert made.forecast.series["fallback_reason"].str.contains("too few to train on").all()


def test_a_service_of_a_short_history_serves_the_baseline_it_was_told_to(tmp_path):
    folder = write_shop(tmp_path / "young", days=12)
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    with pytest.raises(ModelNotFoundError):
        use_cases.load_service(folder, None, settings, lambda sentence: None)
    context = use_cases.load_service(folder, None, settings, lambda sentence: None, "history is short")
    assert context.forecast(np.arange(1), 3, (0.5,)).series["fallback_reason"][0] == "history is short"


def test_the_moving_average_stands_in_where_nothing_was_judged():
    assert stand_in("why").model.name == "moving_average"


def test_a_plan_looks_beyond_what_its_model_was_trained_for(dataset, panel, trained_home):
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    champion = load_fitting(dataset, panel, 28, settings)
    made = champion.distribution(panel, 60)
    assert len(made.dates) == 60
    pd.testing.assert_frame_equal(made.series.drop(columns="model"), panel.series.assign(fallback_reason=""))


def test_the_features_that_dataset_toml_names_reach_training_and_its_holidays_the_panel(tmp_path):
    folder = write_shop(tmp_path / "shop")
    (folder / "dataset.toml").write_text('[features]\noff = ["price"]\non = ["trend"]\nholidays = "US"\n')
    settings = Settings.from_environment({})
    own = use_cases.open_dataset(folder, False, settings, lambda sentence: None)
    chosen = training_settings(own, settings)
    assert (chosen.features_off, chosen.features_on) == (("price",), ("trend",))
    assert "Independence Day" in use_cases.ask(own, None, None, settings).panel.events.names


def test_a_product_with_three_days_of_sales_is_forecast_from_its_analogues_and_says_so(trained_home, shop, tmp_path):
    folder = write_shop(tmp_path / "launch")
    sales = pd.read_csv(folder / "sales.csv")
    newest = sorted(sales["date"].unique())[-3:]
    launch = pd.DataFrame({"sku": "SKU-new", "date": newest, "units": [4, 6, 5], "price": 12.0})
    pd.concat([sales, launch]).to_csv(folder / "sales.csv", index=False)
    products = pd.read_csv(folder / "products.csv")
    pd.concat([products, products[:1].assign(sku="SKU-new")]).to_csv(folder / "products.csv", index=False)
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    question = use_cases.ask(
        use_cases.open_dataset(folder, False, settings, lambda sentence: None), None, None, settings
    )
    made = use_cases.forecast(question, (0.5,), silent, lambda sentence: None).forecast
    reasons = made.series.set_index("sku")["fallback_reason"]
    assert "3 " in reasons["SKU-new"]
    assert "analogue" in reasons["SKU-new"]
    assert (reasons.drop("SKU-new") == "").all()

"""`fillrate tune | drift | explain` from outside."""

import json
import shutil

import pandas as pd
import pytest

from core.errors import UnknownSkuError, UsageError
from core.settings import Settings
from serving import use_cases
from serving.model_health import series_row
from tests.tiny_shop import write_shop


def test_a_search_writes_settings_that_training_reads_and_goes_on_where_it_stopped(fillrate, shop, tmp_path):
    small, out = tmp_path / "small.json", tmp_path / "best.json"
    small.write_text('{"most_rows": 2000, "head": {"rounds": 60, "dispersion_rounds": 30}}', encoding="utf-8")
    words = ["tune", "--data", shop, "--horizon", 7, "--settings", small, "--out", out]
    said = fillrate(*words, "--trials", 1, "--critical")
    assert said.code == 0, said.err
    assert "pinball at 0.995" in said.out
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["settings"]["most_rows"] == 2000
    assert found["loss"] == found["loss_before"]
    assert len(found["origins"]) == 3
    again = fillrate(*words, "--trials", 1, "--critical")
    assert again.code == 2
    assert "--resume goes on with it" in again.err
    assert fillrate(*words, "--trials", 1, "--critical", "--resume").code == 0
    trained = fillrate("train", "--data", shop, "--horizon", 7, "--settings", out)
    assert trained.code == 0, trained.err
    assert "version 1 (champion)" in trained.out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["tune", "--out", "best.csv"], 2, "settings are JSON; end the name in .json"),
        (["tune", "--origins", "2"], 2, "--origins"),
        (["tune", "--as-of", "2024-01-20"], 4, "too few to tune on 3 origins with 28 periods after each"),
        (["drift"], 5, "run `fillrate train` first"),
        (["drift", "--bounds", "none.json"], 2, "--bounds none.json cannot be read"),
        (["explain", "SKU-1"], 4, "'SKU-1' has no sales before 2024-07-29; did you mean SKU-1"),
        (["explain", "SKU-01", "--location", "mars"], 4, "SKU-01 has no sales at 'mars'; it is sold at main"),
        (["explain", "SKU-01", "--date", "soon"], 2, "--date 'soon' is not a date"),
        (["explain", "SKU-01", "--date", "2025-07-29"], 2, "choose a day from 2024-07-29 to 2024-08-25"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(fillrate, shop, words, code, told):
    said = fillrate(*words, "--data", shop)
    assert (said.code, told in said.err) == (code, True), said.err


def test_a_forecast_is_explained_in_words_and_numbers_that_add_up(at_home, shop, tmp_path):
    out, forecast = tmp_path / "why.json", tmp_path / "forecast.csv"
    said = at_home("explain", "SKU-07", "--data", shop, "--date", "2024-08-03", "--out", out)
    assert said.code == 0, said.err
    table = pd.DataFrame(json.loads(out.read_text(encoding="utf-8")))
    assert table["units"].iloc[:-1].sum() == pytest.approx(table["units"].iloc[-1])
    at_home("forecast", "--data", shop, "--out", forecast)
    made = pd.read_csv(forecast).set_index(["sku", "date"])
    assert table["units"].iloc[-1] == pytest.approx(made.loc[("SKU-07", "2024-08-03"), "mean"])
    assert "is the mean forecast for 2024-08-03" in said.out
    assert "SKU-07 at main, by tiny-" in said.out


def test_a_baseline_has_nothing_to_explain(fillrate, tmp_path):
    young = write_shop(tmp_path / "young", days=12)
    said = fillrate("explain", "SKU-01", "--data", young)
    assert said.code == 4
    assert "moving_average forecasts SKU-01, which has no features to explain" in said.err


def test_drift_is_measured_over_the_weeks_since_the_champion_learned(
    at_home, shop, trained_home, tmp_path, monkeypatch
):
    out = tmp_path / "drift.json"
    said = at_home("drift", "--data", shop, "--out", out)
    assert said.code == 0, said.err
    rows = {row["name"]: row for row in json.loads(out.read_text(encoding="utf-8"))}
    assert rows["scaled_pinball"]["verdict"] == "unknown", "nothing was sold since it learned"
    assert rows["features that moved"]["verdict"] == "stable"
    assert sum(name.startswith("input ") for name in rows) > 20

    home = tmp_path / "home"
    shutil.copytree(trained_home, home)
    monkeypatch.setenv("FILLRATE_HOME", str(home))
    small = tmp_path / "small.json"
    small.write_text('{"most_rows": 4000, "head": {"rounds": 15, "dispersion_rounds": 8}}', encoding="utf-8")
    at_home("train", "--data", shop, "--as-of", "2024-07-01", "--settings", small)
    said = at_home("drift", "--data", shop, "--version", "2", "--out", out)
    assert said.code == 0, said.err
    rows = {row["name"]: row for row in json.loads(out.read_text(encoding="utf-8"))}
    assert rows["scaled_pinball"]["verdict"] in ("stable", "watch")
    assert "336 series-periods were observed since" in said.out
    early = at_home("drift", "--data", shop, "--as-of", "2024-07-15")
    assert early.code == 2
    assert "has seen facts up to 2024-07-29" in early.err


def _dataset(shop):
    return use_cases.open_dataset(shop, False, Settings.from_environment({}), lambda sentence: None)


def test_a_series_is_found_by_sku_and_where_needed_by_place(shop, tmp_path):
    folder = write_shop(tmp_path / "two", days=20)
    sales = pd.read_csv(folder / "sales.csv")
    both = pd.concat([sales.assign(location="north"), sales.assign(location="south")])
    both.to_csv(folder / "sales.csv", index=False)
    question = use_cases.ask(_dataset(folder), None, 3, Settings.from_environment({}))
    row = series_row(question, "SKU-05", "south")
    assert question.panel.series.iloc[row].tolist() == ["SKU-05", "south"]
    with pytest.raises(UsageError, match="sold at 2 places; choose --location from north, south"):
        series_row(question, "SKU-05", None)
    with pytest.raises(UnknownSkuError, match="did you mean SKU-05"):
        series_row(question, "SKU-5", None)

"""`fillrate backtest` from outside: what it prints, writes, tracks and refuses."""

import mlflow
import pandas as pd
import pytest

BASELINES = ["--model", "seasonal_naive", "--model", "moving_average"]


def test_a_backtest_prints_writes_shows_and_tracks_the_same_scores(fillrate, shop, tmp_path):
    out, page = tmp_path / "scores.parquet", tmp_path / "page.html"
    words = ["--horizon", 7, "--origins", 3, "--step", 3, "--out", out, "--report", page, "--track", "--segments"]
    said = fillrate("backtest", "--data", shop, *BASELINES, *words)
    assert said.code == 0, said.err
    table = pd.read_parquet(out)
    whole = table[(table["origin"] == "all") & (table["segment"] == "all")].set_index("model")
    assert whole.loc["moving_average", "rows"] == 12 * 7 * 3
    assert whole["simulated_cost"].notna().all()
    assert whole["instability"].notna().all()
    assert f"{whole.loc['seasonal_naive', 'wql']:.4g}" in said.out
    assert "moving_average against seasonal_naive: pinball -" in said.out
    assert "category" in said.out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    run = mlflow.MlflowClient(f"sqlite:///{tmp_path}/home/mlflow.db").get_run(said.out.split()[-1])
    assert run.data.metrics["moving_average/wql"] == pytest.approx(whole.loc["moving_average", "wql"])
    assert run.data.tags["kind"] == "backtest"


def test_a_backtest_leaves_nothing_behind_that_nobody_asked_for(fillrate, shop, tmp_path):
    assert fillrate("backtest", "--data", shop, *BASELINES, "--horizon", 3, "--levels", "0.5,0.9").code == 0
    assert not list(tmp_path.rglob("*.db"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "oracle"], "'oracle' is not known; choose from lightgbm_distribution, "),
        (
            [*BASELINES, "--origins", "52", "--step", "7"],
            "are too few for 52 origins, 7 periods apart, with 28 periods",
        ),
        ([*BASELINES, "--report", "page.pdf"], "end the name in .html"),
        ([*BASELINES, "--report", "nowhere/page.html"], "the folder nowhere does not exist"),
        ([*BASELINES, "--settings", "nothing.json"], "--settings nothing.json cannot be read"),
        ([*BASELINES, "--levels", "0.5,x"], "give levels like"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(fillrate, shop, words, told):
    said = fillrate("backtest", "--data", shop, *words)
    assert said.code == 2
    assert told in said.err


def test_too_short_a_history_for_a_model_names_model_and_day(fillrate, shop):
    said = fillrate("backtest", "--data", shop, "--horizon", 7, "--origins", 25)
    assert said.code == 4
    assert "lightgbm_distribution cannot be fitted as of 2024-0" in said.err
    assert "ask for fewer origins or leave it out" in said.err

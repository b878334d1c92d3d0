"""The demo, as a newcomer runs it."""

import pandas as pd

from serving.facts import dataset_id


def test_the_demo_ends_with_orders_scores_a_run_and_the_next_command(fillrate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FILLRATE_HOME", ".fillrate")
    said = fillrate("demo")
    assert said.code == 0, said.err
    for words in ("seasonal_naive", "moving_average", "MLflow run", "Orders to place on 2011-12-10", "fillrate plan"):
        assert words in said.out
    folder = tmp_path / ".fillrate" / "demo"
    orders = pd.read_csv(folder / "plan.csv")
    assert len(orders) > 20
    assert pd.read_csv(folder / "forecast.csv")["date"].iloc[0] == "2011-12-10"
    assert dataset_id(folder / "online_retail") in said.out

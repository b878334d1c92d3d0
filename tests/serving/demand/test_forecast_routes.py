"""Forecasts: provenance, drivers, variants for other programs, answers kept as issued, accuracy by lag, cold start."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from starlette.testclient import TestClient

from serving import answers
from serving.demand import forecast_schemas
from serving.demand.contexts import DatasetContexts
from tests.services import Clock, client_of, make_platform
from tests.tiny_shop import AS_OF

ASK = {"skus": ["SKU-03"], "horizon": 7, "levels": [0.5]}


@pytest.fixture
def platform(tmp_path, sqlite_database, context):
    return make_platform(tmp_path / "home", sqlite_database, context, Clock())


@pytest.fixture
def client(platform) -> TestClient:
    return client_of(platform)


def test_an_answer_says_where_it_comes_from(client, context):
    body = client.post("/v1/forecasts", json=ASK).json()
    answers.ForecastAnswer.model_validate(body)
    assert body["training"] == {"start": "2024-01-01", "end": AS_OF}
    assert 0 < body["metrics"]["wql"] < 1
    assert body["seed"] == context.seed
    assert body["series"][0]["made_by"] == f"{body['model']['name']}/{body['model']['version']}"
    assert (body["forecast_id"], body["series"][0]["drivers"]) == (None, None)


def test_drivers_add_up_to_the_forecast(client):
    body = client.post("/v1/forecasts", json=ASK | {"explain": True}).json()
    series = answers.ForecastAnswer.model_validate(body).series[0]
    total = series.drivers.usual + sum(part.units for part in series.drivers.parts)
    assert total == pytest.approx(series.drivers.mean, abs=1e-4)
    assert series.drivers.mean == pytest.approx(sum(period.mean for period in series.periods), abs=1e-4)
    assert all(part.because for part in series.drivers.parts if abs(part.units) > 0.1)


def test_too_many_series_are_not_explained(client, monkeypatch):
    monkeypatch.setattr("serving.routes.MAX_EXPLAINED", 1)
    answer = client.post("/v1/forecasts", json={"skus": ["SKU-03", "SKU-04"], "explain": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/explain")


def test_a_forecast_is_kept_as_it_was_issued(client, key):
    assert client.post("/v1/forecasts", json=ASK | {"store": True}).json()["code"] == "idempotency.missing"
    headers = key()
    made = client.post("/v1/forecasts", json=ASK | {"store": True}, headers=headers)
    assert made.status_code == 201
    answers.ForecastAnswer.model_validate(made.json())
    assert client.post("/v1/forecasts", json=ASK | {"store": True}, headers=headers).content == made.content
    assert client.get(made.headers["location"]).json() == made.json()
    listed = client.get("/v1/issued-forecasts").json()
    forecast_schemas.IssuedAnswer.model_validate(listed)
    assert [item["forecast_id"] for item in listed["items"]] == [made.json()["forecast_id"]]
    assert client.get("/v1/issued-forecasts/nobody").status_code == 404


def test_issued_forecasts_are_the_tenants_own(platform, client, caller_of_tenant, key):
    place = client.post("/v1/forecasts", json=ASK | {"store": True}, headers=key()).headers["location"]
    theirs = caller_of_tenant(platform, "zeta")
    assert theirs.get(place).status_code == 404
    assert theirs.get("/v1/issued-forecasts").json()["items"] == []


def test_percentiles_are_the_same_forecast_in_flat_rows(client):
    body = client.post("/v1/forecasts/percentiles", json={"skus": ["SKU-03"], "horizon": 2}).json()
    forecast_schemas.PercentileAnswer.model_validate(body)
    same = client.post("/v1/forecasts", json=ASK | {"horizon": 2, "levels": [0.7, 0.8, 0.9]}).json()["series"][0]
    for row, period in zip(body["rows"], same["periods"], strict=True):
        assert (row["start_date"], row["mean"]) == (period["date"], period["mean"])
        assert [row["p70"], row["p80"], row["p90"]] == list(period["quantiles"].values())


def business_central(values, **parameters: str) -> dict:
    table = {"ColumnNames": ["GranularityAttribute", "DateKey", "TransactionQty"], "Values": values}
    return {"Inputs": {"input1": table}, "GlobalParameters": {"horizon": "4", "seasonality": "1"} | parameters}


def test_business_central_gets_its_own_shape(client):
    values = [["1000", str(period), "10"] for period in range(1, 13)] + [["2000", "12", "5"]]
    answer = client.post("/v1/forecasts/business-central", json=business_central(values))
    body = forecast_schemas.BusinessCentralAnswer.model_validate(answer.json())
    table = body.Results.output1.value
    assert table.ColumnNames[:3] == ["GranularityAttribute", "DateKey", "TransactionQty"]
    rows = [(row[0], row[1], float(row[2])) for row in table.Values]
    assert rows == [(sku, str(key), mean) for sku, mean in (("1000", 10.0), ("2000", 5.0)) for key in range(13, 17)]


def test_business_central_seasons_come_back_in_their_places(client):
    season = [4.0, 8.0, 12.0]
    values = [["A", str(period), str(season[period % 3])] for period in range(30, 61)]
    answer = client.post("/v1/forecasts/business-central", json=business_central(values, seasonality="3"))
    found = [float(row[2]) for row in answer.json()["Results"]["output1"]["value"]["Values"]]
    np.testing.assert_allclose(found, [season[period % 3] for period in range(61, 65)], rtol=0.03)


BAD_HISTORIES = [
    ([["A", "1"]], "#/Inputs/input1/Values/0"),
    ([["A", "x", "1"]], "#/Inputs/input1/Values/0"),
    ([["A", "1", "nan"]], "#/Inputs/input1/Values/0"),
    ([["A", "1", "1"], ["A", "1", "2"]], "#/Inputs/input1/Values/1"),
    ([["A", "0", "1"], ["A", "90000", "2"]], "#/Inputs/input1/Values"),
]


@pytest.mark.parametrize(("values", "pointer"), BAD_HISTORIES)
def test_a_history_that_makes_no_sense_points_at_the_row(client, values, pointer):
    answer = client.post("/v1/forecasts/business-central", json=business_central(values))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def shop_rows(days: int, skus: int, first: date, units) -> list[dict]:
    return [
        {"sku": f"S{number}", "date": str(first + timedelta(days=day)), "units": units(number, day)}
        for number in range(skus)
        for day in range(days)
    ]


@pytest.fixture
def shop_client(tmp_path, sqlite_database, key):
    """A client, and a function that uploads sales to a dataset of its own and waits until they answer."""
    platform = make_platform(tmp_path / "home", sqlite_database)
    platform.host.serve(DatasetContexts(platform), watch_seconds=0)
    client = client_of(platform)

    def upload(rows):
        answer = client.post("/v1/datasets/default/tables/sales", json=rows, headers=key())
        assert answer.status_code == 201, answer.text
        platform.host.settle("local", "default")

    return client, upload


def test_accuracy_by_lag_is_what_a_hand_would_find(shop_client, key):
    client, upload = shop_client
    first = date(2024, 7, 1)
    upload(shop_rows(28, 1, first, lambda number, day: 5))
    made = client.post("/v1/forecasts", json={"skus": ["S0"], "horizon": 3, "store": True}, headers=key())
    means = [period["mean"] for period in made.json()["series"][0]["periods"]]
    assert client.get("/v1/forecast-accuracy").json()["lags"] == []
    sold = [8, 0, 7]
    upload([{"sku": "S0", "date": str(first + timedelta(days=28 + day)), "units": sold[day]} for day in range(3)])
    body = client.get("/v1/forecast-accuracy").json()
    forecast_schemas.AccuracyAnswer.model_validate(body)
    assert [item["lag"] for item in body["lags"]] == [0, 1, 2]
    for lag, item in enumerate(body["lags"]):
        assert item["units"] == sold[lag]
        expected = abs(means[lag] - sold[lag]) / sold[lag] if sold[lag] else None
        assert item["wape"] == (pytest.approx(expected, abs=1e-5) if expected is not None else None)


def test_a_sku_with_five_days_of_history_says_insufficient_data_and_is_answered(shop_client):
    """D3: there is a number, and it says how little it rests on."""
    client, upload = shop_client
    upload(shop_rows(5, 1, date(2024, 7, 1), lambda number, day: 4))
    series = client.post("/v1/forecasts", json={"skus": ["S0"], "horizon": 2}).json()["series"][0]
    assert series["status"] == "insufficient_data"
    assert "train one" in series["fallback_reason"]
    assert series["periods"][0]["mean"] == pytest.approx(4, rel=0.3)


@pytest.mark.slow
def test_a_young_sku_among_old_ones_is_answered_by_its_analogues(tmp_path, sqlite_database, key, clock):
    from core.settings import Settings
    from serving import use_cases
    from tests.tiny_shop import write_shop

    folder = write_shop(tmp_path / "grown", days=220)
    lines = (folder / "sales.csv").read_text()
    days = [date.fromisoformat(AS_OF) - timedelta(days=back) for back in range(5, 0, -1)]
    (folder / "sales.csv").write_text(lines + "".join(f"NEW,{day},6,12.0\n" for day in days))
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    dataset = use_cases.open_dataset(folder, False, settings, lambda sentence: None)
    use_cases.train(use_cases.ask(dataset, None, None, settings))
    context = use_cases.load_service(folder, None, settings, lambda sentence: None)
    client = client_of(make_platform(tmp_path / "home", sqlite_database, context, clock))
    series = client.post("/v1/forecasts", json={"skus": ["NEW"], "horizon": 3}).json()["series"][0]
    assert (series["status"], series["made_by"]) == ("insufficient_data", "analogues")
    assert "5 periods of own history" in series["fallback_reason"]
    assert json.dumps(series["periods"])

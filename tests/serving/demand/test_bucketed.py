"""Forecasts by calendar buckets: means add up, quantiles are those of the sums, a bucket that is not whole says so."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.buckets import BucketKind, Buckets
from core.errors import UsageError
from core.frequency import Frequency
from serving import answers
from serving.demand.bucketed import bucketed, check_calendar
from tests.services import Clock, client_of, make_platform

LEVELS = [0.05, 0.5, 0.95]
ASK = {"skus": ["SKU-03", "SKU-07"], "horizon": 28, "levels": LEVELS}


@pytest.fixture
def client(tmp_path, sqlite_database, context):
    return client_of(make_platform(tmp_path / "home", sqlite_database, context, Clock()))


def asked(client, **more):
    answer = client.post("/v1/forecasts", json=ASK | more)
    assert answer.status_code == 200, answer.text
    answers.ForecastAnswer.model_validate(answer.json())
    return answer.json()["series"]


def test_buckets_are_beside_the_periods_and_change_nothing_of_them(client):
    plain, with_weeks = asked(client), asked(client, buckets={"by": "week"})
    assert all("buckets" not in series for series in plain)
    assert [{**series, "buckets": None} for series in with_weeks] == [{**series, "buckets": None} for series in plain]
    for series in with_weeks:
        weeks = series["buckets"]
        assert [week["name"] for week in weeks] == ["2024-W31", "2024-W32", "2024-W33", "2024-W34"]
        for place, week in enumerate(weeks):
            periods = series["periods"][7 * place : 7 * place + 7]
            assert (week["start"], week["end"], week["partial"]) == (periods[0]["date"], periods[-1]["date"], False)
            assert week["mean"] == pytest.approx(sum(period["mean"] for period in periods), abs=1e-4)


def test_a_bucket_that_has_begun_and_one_that_goes_on_are_partial(client):
    july, august = asked(client, buckets={"by": "month"})[0]["buckets"]
    assert (july["name"], july["start"], july["end"]) == ("2024-07", "2024-07-01", "2024-07-31")
    assert (july["first_day"], july["last_day"], july["partial"]) == ("2024-07-29", "2024-07-31", True)
    assert (august["first_day"], august["last_day"], august["partial"]) == ("2024-08-01", "2024-08-25", True)
    begun, *whole, _ = asked(client, buckets={"by": "week", "week_start": "sunday"})[0]["buckets"]
    assert (begun["start"], begun["first_day"], begun["partial"]) == ("2024-07-28", "2024-07-29", True)
    assert not any(week["partial"] for week in whole)
    retail = asked(client, buckets={"by": "4-5-4", "week_start": "sunday", "year_start": "02-01"})[0]["buckets"]
    assert [period["name"] for period in retail] == ["2024-P06", "2024-P07"]
    assert retail[1]["start"] == "2024-08-04"


def test_quantiles_are_those_of_the_sum_and_not_the_sum_of_quantiles(client):
    for series in asked(client, buckets={"by": "4-4-5", "year_start": "07-29"}):
        (period,) = series["buckets"]
        assert (date.fromisoformat(period["end"]) - date.fromisoformat(period["start"]), period["partial"]) == (
            timedelta(27),
            False,
        )
        low, middle, high = period["quantiles"].values()
        sums = {level: sum(one["quantiles"][f"q{level}"] for one in series["periods"]) for level in LEVELS}
        assert sums[0.05] < low < middle < high < sums[0.95]
        assert low < period["mean"] < high


def test_other_futures_of_the_same_demand_stay_below_as_often_as_a_quantile_says(context):
    rows = np.arange(len(context.rows))
    made = context.forecast(rows, 28, (0.1, 0.5, 0.9))
    found = bucketed(context, made, rows, Buckets(BucketKind.WEEK))
    other = context.distribution.first(28).paths(2_000, seed=made.seed + 1)
    sums = other.astype(float).reshape(len(rows), 2_000, 4, 7).sum(axis=3)
    for place, level in enumerate(made.levels):
        limit = found.quantiles[:, None, :, place]
        share_at_most, share_below = (sums <= limit).mean(axis=1), (sums < limit).mean(axis=1)
        assert (share_at_most > level - 0.06).all()
        assert (share_below < level + 0.06).all()
    table = found.to_frame()
    assert len(table) == len(rows) * 4
    assert table["mean"].sum() == pytest.approx(made.mean.sum(), rel=1e-6)


def test_an_issued_forecast_keeps_its_buckets(client, key):
    made = client.post("/v1/forecasts", json=ASK | {"store": True, "buckets": {"by": "month"}}, headers=key())
    assert client.get(made.headers["location"]).json()["series"][0]["buckets"][0]["name"] == "2024-07"


@pytest.mark.parametrize("buckets", [{"by": "quarter"}, {"by": "month", "year_start": "02-30"}, {}])
def test_a_calendar_that_is_none_is_refused(client, buckets):
    answer = client.post("/v1/forecasts", json=ASK | {"buckets": buckets})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"][:9]) == (422, "#/buckets")


def test_weeks_do_not_add_up_to_months_nor_to_weeks_from_sunday():
    for calendar in (Buckets(BucketKind.MONTH), Buckets(BucketKind.P454, 6)):
        check_calendar(calendar, Frequency.DAILY)
        with pytest.raises(UsageError):
            check_calendar(calendar, Frequency.WEEKLY)
    check_calendar(Buckets(BucketKind.P445), Frequency.WEEKLY)

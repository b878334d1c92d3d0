"""The profile of a dataset: figures checked by hand on a small one, and what it finds suspicious."""

import json
from dataclasses import asdict

import pytest

from inventory.dataset import read_dataset
from inventory.profile import profile_dataset


def profile(folder, rows: list[str], header: str = "sku,location,date,units,price,in_stock", toml: str = ""):
    (folder / "sales.csv").write_text("\n".join([header, *rows]) + "\n")
    (folder / "dataset.toml").write_text(toml or 'frequency = "D"\n')
    return profile_dataset(read_dataset(folder))


def test_the_figures_of_a_small_dataset(tmp_path):
    found = profile(
        tmp_path,
        [
            "A,x,2024-03-01,2,1.5,1",
            "A,x,2024-03-02,0,1.5,0.5",
            "A,x,2024-03-05,1,1.5,1",
            "B,x,2024-03-02,4,,1",
            "B,y,2024-03-05,1,2,1",
        ],
    )
    assert (found.series, found.skus, found.locations, found.periods, found.rows) == (3, 2, 2, 5, 5)
    assert (found.first_date, found.last_date, found.units, found.revenue) == ("2024-03-01", "2024-03-05", 8.0, 6.5)
    assert found.zero_share == pytest.approx(1 - 4 / (5 + 4 + 1))
    assert found.stockout_share == pytest.approx(1 / 5)
    assert (found.series_with_gaps, found.missing_periods) == (1, 2)
    assert found.silent_periods == 2
    assert found.single_sale_series == 2


def test_it_can_be_written_as_json(tmp_path):
    assert json.loads(json.dumps(asdict(profile(tmp_path, ["A,x,2024-03-01,2,,1"]))))["revenue"] is None


def test_channels_of_a_day_are_one_period(tmp_path):
    header = "sku,date,units,channel"
    found = profile(tmp_path, ["A,2024-03-01,2,web", "A,2024-03-01,3,shop"], header)
    assert (found.rows, found.units, found.series_with_gaps) == (2, 5.0, 0)


def days(sku: str, units: list[float], price: str = "1", in_stock: str = "1") -> list[str]:
    return [f"{sku},x,2024-03-{day:02d},{value},{price},{in_stock}" for day, value in enumerate(units, start=1)]


def what(found) -> list[str]:
    return [suspicion.what for suspicion in found.suspicious]


def test_ordinary_sales_are_not_suspicious(tmp_path):
    assert profile(tmp_path, days("A", [1, 2, 3, 0, 4])).suspicious == ()


def test_a_day_of_ten_times_the_usual_is_named(tmp_path):
    (spike,) = profile(tmp_path, days("A", [5, 6, 7, 900, 6])).suspicious
    assert (spike.what, spike.count) == ("units more than 10 times the series' 99th percentile", 1)
    assert spike.examples == ("A at x on 2024-03-04: units 900",)


def test_a_price_a_hundredfold_off_is_named(tmp_path):
    rows = [*days("A", [1, 1, 1]), "A,x,2024-03-04,1,100,1"]
    assert what(profile(tmp_path, rows)) == ["price more than 10 times off the series' median"]


def test_sales_in_a_period_without_stock_are_named(tmp_path):
    assert what(profile(tmp_path, days("A", [1, 2], in_stock="0"))) == ["sales in a period marked out of stock"]


def test_a_series_that_sold_once_is_named(tmp_path):
    assert what(profile(tmp_path, days("A", [0, 2, 0]))) == ["series that sold in one period only"]


def test_half_the_shop_going_silent_is_named(tmp_path):
    rows = [row for sku in range(20) for row in days(str(sku), [1, 1, 1] if sku < 5 else [1, 1])]
    (jump,) = profile(tmp_path, rows).suspicious
    assert jump.examples == ("2024-03-03: 20 → 5",)


def test_a_weekly_dataset_that_calls_itself_daily_is_named(tmp_path):
    rows = [f"A,x,2024-{month:02d}-{day:02d},1,1,1" for month, day in [(1, 1), (1, 8), (1, 15), (1, 22), (1, 29)]]
    rows += [f"A,x,2024-02-{day:02d},1,1,1" for day in (5, 12, 19, 26)]
    assert any("is it weekly" in sentence for sentence in what(profile(tmp_path, rows)))

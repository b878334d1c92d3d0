"""A delta merged into a table is what a dictionary by natural key would be."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.frequency import Frequency
from inventory.delta import check_delta, upsert
from inventory.inflate import UploadLimits
from inventory.schema import TABLES, empty_frame
from inventory.upload_formats import UploadFormat, read_upload

LIMITS = UploadLimits()
NONE = np.empty(0, dtype=np.int64)


def delta_of(table: str, rows: list[dict], frequency: Frequency | None = Frequency.DAILY, sold=None, packs=None):
    raw = read_upload(table, UploadFormat.JSON, json.dumps(rows).encode(), LIMITS)
    return check_delta(raw, frequency, sold, LIMITS, lambda: packs or {})


row = st.fixed_dictionaries(
    {
        "sku": st.sampled_from("ABC"),
        "location": st.sampled_from(["main", "north"]),
        "date": st.sampled_from(["2024-07-01", "2024-07-02"]),
        "units": st.integers(0, 5),
    }
)
upload = st.lists(row, max_size=6, unique_by=lambda item: (item["sku"], item["location"], item["date"]))


@given(st.lists(upload, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5))
def test_upserts_and_replacements_are_those_of_a_dictionary(uploads, replacing):
    frame, moments = empty_frame(TABLES["sales"]), NONE
    model: dict[tuple, tuple[int, int]] = {}
    for now, (rows, replace) in enumerate(zip(uploads, replacing, strict=False), start=1):
        if not rows:
            continue
        merged = upsert(frame, moments, delta_of("sales", rows), now, replace)
        sent = {(item["sku"], item["location"], item["date"]): item["units"] for item in rows}
        fates = []
        for key, units in sent.items():
            fates.append("created" if key not in model else "unchanged" if model[key][0] == units else "updated")
            model[key] = model[key] if fates[-1] == "unchanged" else (units, now)
        gone = set(model) - set(sent) if replace else set()
        for key in gone:
            del model[key]
        assert list(merged.statuses) == fates
        assert merged.removed == len(gone)
        assert merged.changed == (bool(gone) or set(fates) != {"unchanged"})
        frame, moments = merged.frame, merged.moments
    found = {
        (item.sku, item.location, str(item.date.date())): (item.units, moment)
        for item, moment in zip(frame.itertuples(), moments, strict=True)
    }
    assert found == model


def test_columns_that_an_upload_does_not_have_stay():
    first = upsert(
        empty_frame(TABLES["products"]), NONE, delta_of("products", [{"sku": "A", "name": "Lamp", "price": 5}]), 1
    )
    second = upsert(first.frame, first.moments, delta_of("products", [{"sku": "A", "unit_cost": 2}]), 2)
    assert second.frame[["name", "price", "unit_cost"]].to_dict("records") == [
        {"name": "Lamp", "price": 5.0, "unit_cost": 2.0}
    ]
    third = upsert(second.frame, second.moments, delta_of("products", [{"sku": "A", "name": None, "colour": "red"}]), 3)
    assert pd.isna(third.frame["name"][0])
    assert third.frame["colour"][0] == "red"


def test_returns_without_an_order_number_are_never_taken_for_each_other():
    rows = [{"sku": "A", "date": "2024-07-01", "units": 1}]
    first = upsert(empty_frame(TABLES["returns"]), NONE, delta_of("returns", rows), 1)
    assert len(upsert(first.frame, first.moments, delta_of("returns", rows), 2).frame) == 2
    rows = [{"sku": "A", "date": "2024-07-01", "units": 1, "order_id": "17"}]
    first = upsert(empty_frame(TABLES["returns"]), NONE, delta_of("returns", rows), 1)
    assert not upsert(first.frame, first.moments, delta_of("returns", rows), 2).changed


def test_the_same_key_twice_in_one_upload_is_refused_at_the_second_row():
    rows = [{"sku": "A", "date": "2024-07-01", "units": units} for units in (1, 2)]
    delta = delta_of("sales", rows)
    assert delta.rejected["row"].tolist() == [1]
    assert "contradicts row 0" in delta.rejected["rule"].iloc[0]


def test_a_weekly_dataset_takes_no_tuesday():
    mondays = pd.Series(pd.to_datetime(["2024-07-01", "2024-07-08"])).astype("datetime64[s]")
    delta = delta_of("sales", [{"sku": "A", "date": "2024-07-16", "units": 1}], None, mondays)
    assert "not a Monday" in delta.rejected["rule"].iloc[0]


def test_a_year_that_cannot_be_meant_is_refused_by_the_sales_that_are_there():
    sold = pd.Series(pd.date_range("2024-01-01", periods=100)).astype("datetime64[s]")
    assert (
        "5 years after"
        in delta_of("stock", [{"sku": "A", "date": "2204-07-01", "on_hand": 1}], None, sold).rejected["rule"][0]
    )


@pytest.mark.parametrize(("unit", "units"), [("EA", 7), ("c62", 7), ("", 7), ("PR", 14), ("DZN", 84), ("CS", 42)])
def test_counted_units_become_pieces(unit, units):
    rows = [{"sku": "A", "date": "2024-07-01", "units": 7, "unit_of_measure": unit}]
    assert delta_of("sales", rows, packs={"A": 6}).frame["units"].tolist() == [units]


@pytest.mark.parametrize("unit", ["KGM", "MTR", "CS", "pieces"])
def test_a_unit_that_counts_no_pieces_is_refused_at_its_row(unit):
    rows = [
        {"sku": "A", "date": "2024-07-01", "units": 7, "uom": "EA"},
        {"sku": "B", "date": "2024-07-01", "units": 7, "uom": unit},
    ]
    delta = delta_of("sales", rows, packs={"A": 6})
    assert delta.rejected[["row", "column"]].to_numpy().tolist() == [[1, "uom"]]
    assert delta.frame["sku"].tolist() == ["A"]

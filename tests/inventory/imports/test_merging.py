"""Imports into a folder: the same import twice is one, another changes and adds, and nothing else is touched."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from inventory.dataset import read_dataset
from inventory.imports.importing import import_report
from inventory.imports.merging import folder_identity, merge_into_folder, merged_rows
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings

TOLD = ImportSettings(location="main")
HEADER = "return-date\torder-id\tsku\tasin\tfnsku\tquantity\tdetailed-disposition\n"
FIRST = HEADER + "2026-08-14\tO-1\tA\tB01\tX1\t1\tSELLABLE\n2026-08-15\tO-2\tB\tB02\tX2\t2\tDEFECTIVE\n"


def returns(text):
    return import_report("customer-returns", [Source("r.txt", text.encode())], TOLD)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_import_twice_leaves_the_same_bytes(tmp_path):
    out = tmp_path / "shop"
    assert merge_into_folder(returns(FIRST), out, TOLD) == {"products": 2, "returns": 2}
    once = contents(out)
    merge_into_folder(returns(FIRST), out, TOLD)
    assert contents(out) == once
    assert {name.split("/")[0] for name in once} == {"products.csv", "returns.csv", "reports"}


def test_a_later_import_changes_rows_of_the_same_key_and_adds_others(tmp_path):
    out = tmp_path / "shop"
    merge_into_folder(returns(FIRST), out, TOLD)
    (out / "notes.txt").write_text("mine")
    changed = HEADER + "2026-08-15\tO-2\tB\tB02\tX2\t3\tDEFECTIVE\n2026-08-16\tO-3\tC\tB03\tX3\t1\tSELLABLE\n"
    assert merge_into_folder(returns(changed), out, TOLD)["returns"] == 3
    table = pd.read_csv(out / "returns.csv", dtype=str)
    assert dict(zip(table["order_id"], table["units"], strict=True)) == {"O-1": "1", "O-2": "3", "O-3": "1"}
    assert (out / "notes.txt").read_text() == "mine"
    assert merge_into_folder(returns(changed), out, TOLD, replace=True)["returns"] == 2


def test_tables_of_other_formats_and_further_columns_are_kept_in_the_merge(tmp_path):
    out = tmp_path / "shop"
    out.mkdir()
    pd.DataFrame({"sku": ["A", "Z"], "colour": ["red", "blue"], "unit_cost": [2.5, 3.0]}).to_parquet(
        out / "products.parquet"
    )
    merge_into_folder(returns(FIRST), out, TOLD)
    table = pd.read_csv(out / "products.csv", dtype=str, keep_default_na=False).set_index("sku")
    assert not (out / "products.parquet").exists()
    assert table.loc["A"].to_dict() == {"colour": "red", "unit_cost": "2.5", "asin": "B01", "fnsku": "X1"}
    assert list(table.index) == ["A", "Z", "B"]


def test_products_that_are_there_name_the_marketplaces_codes(tmp_path):
    merge_into_folder(returns(FIRST), tmp_path / "shop", TOLD)
    identity = folder_identity(tmp_path / "shop")
    assert (identity.sku_of(["X2"]), identity.sku_of(["B01"])) == ("B", "A")
    assert folder_identity(tmp_path / "nowhere").skus == {}


def test_what_orders_returns_and_stock_make_is_a_valid_dataset(tmp_path):
    out = tmp_path / "shop"
    orders = (
        "amazon-order-id\tpurchase-date\torder-status\tsku\tquantity\tcurrency\titem-price\n"
        "O-1\t2026-08-10T01:00:00+00:00\tShipped\tA\t2\tUSD\t10.00\n"
        "O-2\t2026-08-11T01:00:00+00:00\tShipped\tB\t4\tUSD\t10.00\n"
    )
    stock = "sku\tafn-fulfillable-quantity\tafn-inbound-shipped-quantity\nA\t5\t9\nB\t2\t0\n"
    told = ImportSettings(day=pd.Timestamp("2026-08-16").date(), inbound_days=10)
    for kind, text in (("all-orders", orders), ("customer-returns", FIRST), ("myi", stock)):
        merge_into_folder(import_report(kind, [Source(f"{kind}.txt", text.encode())], told), out, told)
    dataset = read_dataset(out)
    assert dataset.tables["sales"]["units"].tolist() == [2, 4]
    assert dataset.tables["stock"]["on_hand"].tolist() == [5, 2]
    assert dataset.tables["open_orders"]["quantity"].tolist() == [9]
    assert dataset.tables["returns"]["grade"].tolist() == ["intact", "B"]


def test_a_trends_series_is_continued_by_its_own_scale_only(tmp_path):
    def export(*lines):
        text = "c\n\nWeek,lamp: (US)\n" + "".join(f"{line}\n" for line in lines)
        return import_report("google-trends", [Source("t.csv", text.encode())], TOLD)

    out = tmp_path / "shop"
    merge_into_folder(export("2026-01-04,100", "2026-01-11,40"), out, TOLD)
    assert merge_into_folder(export("2026-01-11,40", "2026-01-18,100"), out, TOLD) == {"signals": 3}
    before = contents(out)
    with pytest.raises(UsageError, match="--replace-series"):
        merge_into_folder(export("2026-01-11,100", "2026-01-18,7"), out, TOLD)
    assert contents(out) == before
    replacing = ImportSettings(replace_series=True)
    assert merge_into_folder(export("2026-01-11,100", "2026-01-18,7"), out, replacing) == {"signals": 2}


rows = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "1", "2"])), max_size=6)


@given(rows, rows)
def test_merging_is_what_a_dictionary_does(stored, fresh):
    def table(pairs):
        unique = dict(pairs)
        return pd.DataFrame({"k": list(unique), "v": list(unique.values())}, dtype=object)

    expected = dict(stored)
    for key, value in dict(fresh).items():
        expected[key] = value or expected.get(key, "")
    merged = merged_rows(["k"], table(stored), table(fresh))
    assert dict(zip(merged["k"], merged["v"], strict=True)) == expected
    assert len(merged) == len(expected)

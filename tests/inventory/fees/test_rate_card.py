"""Rate cards: every shipped table is well formed, dated and sourced; a seller's own table replaces it or is refused."""

import tomllib
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from core.errors import ConfigurationError
from inventory.fees.handling import removal_fee
from inventory.fees.rate_card import CONFIDENCES, FEES, read_rate_cards
from tests.inventory.fees.items import CARDS, day, item

OWN = """
fee = "monthly_storage"
unit = "EUR per cubic foot"
[[table]]
effective_from = 2020-01-01
source = "our contract"
confidence = "official"
rates = [{ tier = "any", from = 1, below = 13, rate = 1.25 }]
"""


def write(folder: Path, text: str, name: str = "monthly_storage.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_table_says_from_when_it_counts_and_where_its_numbers_were_read():
    assert set(CARDS) == set(FEES)
    for card in CARDS.values():
        assert card.unit
        for table in card.tables:
            assert len(table.source) > 10
            assert all(rate.confidence in CONFIDENCES for rate in table.rates)
            assert card.on(table.effective_from) is table


@pytest.mark.parametrize("fee", FEES)
def test_the_bands_of_a_tier_neither_overlap_nor_leave_a_hole(fee):
    for table in CARDS[fee].tables:
        for key in {(rate.tier, rate.split) for rate in table.rates}:
            bands = sorted((r for r in table.rates if (r.tier, r.split) == key), key=lambda rate: rate.low)
            for left, right in pairwise(bands):
                assert left.high == right.low
                assert left.closed_low == right.closed_low


def test_the_day_before_the_first_table_is_not_known_and_nothing_is_made_up_in_a_gap():
    assert CARDS["monthly_storage"].known(day("2023-01-31")) is None
    assert CARDS["removal"].known(day("2024-06-01")) is None  # no source gives the day in 2024 on which rates changed
    assert CARDS["removal"].known(day("2023-12-31")) is not None
    for fee in ("monthly_storage", "aged_inventory", "low_inventory", "inbound_placement"):
        for earlier, later in pairwise(CARDS[fee].tables):
            assert earlier.effective_to == later.effective_from - timedelta(days=1)


def test_a_sellers_own_table_replaces_the_shipped_one(tmp_path):
    card = read_rate_cards(write(tmp_path, OWN))["monthly_storage"]
    assert card.on(day("2030-10-01")).find("standard", Decimal(10)).rate == Decimal("1.25")
    assert read_rate_cards(tmp_path)["removal"].tables == CARDS["removal"].tables


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fee = [", "not readable as TOML"),
        ("fee = 1", r"no \[\[table\]\]"),
        (OWN.replace("2020-01-01", '"soon"'), "no valid effective_from"),
        (OWN.replace('source = "our contract"', ""), "needs a source"),
        (OWN.replace("official", "certain"), "confidence of official"),
        (OWN.replace("rate = 1.25", "rat = 1.25"), "unknown key 'rat'"),
        (OWN.replace("rate = 1.25", 'rate = "dear"'), "no number"),
        (OWN.replace("rate = 1.25", "rate = -1"), "negative"),
        (OWN.replace("from = 1, below", "above = 1, below"), "needs tier, rate and a band"),
        (OWN + OWN.split('EUR per cubic foot"')[1], "both in force"),
    ],
)
def test_a_table_that_breaks_the_format_is_refused_with_its_place(tmp_path, text, words):
    with pytest.raises(ConfigurationError, match=words):
        read_rate_cards(write(tmp_path, text))


def test_a_file_of_an_unknown_fee_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="name the file after one of monthly_storage"):
        read_rate_cards(write(tmp_path, OWN, "storage.toml"))


def test_an_item_without_a_weight_has_no_removal_fee():
    assert removal_fee(CARDS["removal"], item(pounds=None), day("2026-02-01")) is None


def test_the_tables_travel_with_the_package_and_the_bento():
    root = Path(__file__).resolve().parents[3]
    shipped = {f"inventory/fees/rates/{fee}.toml" for fee in FEES}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["inventory.fees"]
    packed = {path for pattern in patterns for path in (root / "inventory/fees").glob(pattern)}
    assert {str(path.relative_to(root)) for path in packed} == shipped
    include = yaml.safe_load((root / "bentofile.yaml").read_text(encoding="utf-8"))["include"]
    bento = {path for pattern in include for path in root.glob(pattern) if path.suffix == ".toml"}
    assert shipped <= {str(path.relative_to(root)) for path in bento}
    named = set(project["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(root) for path in (root / "inventory").rglob("__init__.py")}
    assert {".".join(folder.parts) for folder in folders} <= named

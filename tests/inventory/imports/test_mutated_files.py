"""Files with bytes changed, cut and doubled at random: read with every row accounted for, or refused; never a crash."""

import datetime as dt
import json
import random

import pytest

from core.errors import DataError, UploadTooLargeError, UsageError
from inventory.imports.generic import SavedMapping
from inventory.imports.importing import import_report
from inventory.imports.layout import import_kinds, load_layout
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.inflate import UploadLimits
from tests.inventory.imports.report_files import JSON_KINDS, TEXT_KINDS, made_up_rows, source_of

TOLD = ImportSettings(location="fba", day=dt.date(2026, 8, 1), inbound_days=3)
LIMITS = UploadLimits(inflated_bytes=5_000_000, rows=5_000)
PIECES = [
    b"\t",
    b"\n",
    b'"',
    b",",
    b";",
    b"\r",
    b"\0",
    b"-",
    b"9" * 30,
    b"\xff",
    b"\xe3\x81\x82",
    b"{",
    b"]",
    b"null",
    b"1e9",
]
KEEPA = {"products": [{"asin": "B01", "csv": [[7554240, 5, 7554300, -1]] * 20, "salesRanks": {"5": [7554240, 3]}}]}
TRENDS = "Category: All categories\n\nWeek,lamp: (US),desk: (US)\n" + "".join(
    f"2026-{month:02d}-{day:02d},{day},<1\n" for month in (1, 2) for day in (1, 8, 15, 22)
)


def a_file(kind: str, dice: random.Random) -> bytes:
    if kind in (*TEXT_KINDS, *JSON_KINDS):
        return source_of(kind, made_up_rows(load_layout(kind), 6, dice.randrange(1_000))).data
    if kind == "keepa":
        return json.dumps(KEEPA).encode()
    return (
        TRENDS.encode() if kind == "google-trends" else b"sku;date;units;price\nA;2026-01-01;1,5;2\nB;2026-01-02;3;4\n"
    )


def mutated(data: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 6)):
        place, end = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        end = min(end, place + dice.choice([0, 1, 3, 40]))
        data = data[:place] + dice.choice([b"", dice.choice(PIECES), data[place:end] * 2]) + data[end:]
    return data


@pytest.mark.parametrize("kind", import_kinds())
def test_a_file_that_was_changed_at_random_is_read_or_refused(kind):
    dice, read = random.Random(kind), 0
    for _ in range(60):
        data = mutated(a_file(kind, dice), dice)
        try:
            made = import_report(kind, [Source("x.txt", data)], TOLD, mapping=SavedMapping("sales"), limits=LIMITS)
        except (DataError, UploadTooLargeError, UsageError):
            continue
        read += 1
        account = made.account
        assert account.rows_read == account.rows_kept + sum(account.rows_skipped.values()) + account.rows_refused
        for table in made.tables.values():
            assert all(isinstance(cell, str) for column in table for cell in table[column])
    assert read > 5  # else nothing was read at all

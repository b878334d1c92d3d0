"""The stock ledger at size: load, fold, positions now and at a past date, lots.

    python -m benchmarks.ledger [--movements 1000000] [--skus 10000] [--database URL]

The movements are made up (seeded): receipts of 400 units, then sales, returns, damage and transfers.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.database import Database
from core.migration import migrate
from inventory.ledger.book import record
from inventory.ledger.lots import fold_lots
from inventory.ledger.movement import Movement, MovementKind
from inventory.ledger.positions import daily_balance, movements_until, position_at, position_now

START = date(2024, 1, 1)
DAYS = 700
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CYCLE = 100
"""Movements from one receipt of a SKU to its next."""


def made_up(count: int, skus: int, seed: int = 7) -> Iterator[Movement]:
    """Yield `count` movements in the order of their days; no bucket falls below zero."""
    draw = np.random.default_rng(seed)
    units = draw.integers(1, 4, count)
    kinds = draw.choice(["sale"] * 17 + ["return", "damaged", "transfer_sent"], count)
    for place in range(count):
        sku, turn = f"SKU-{place % skus:06d}", place // skus
        day = START + timedelta(days=place * DAYS // count)
        if turn % CYCLE == 0:
            yield Movement(sku, "fba", day, MovementKind.RECEIPT, 400, "erp", f"r{place}", unit_cost=Decimal("4.20"))
            continue
        kind = MovementKind(str(kinds[place]))
        to = "3pl" if kind is MovementKind.TRANSFER_SENT else None
        yield Movement(sku, "fba", day, kind, int(units[place]), "shop", f"m{place}", to_location=to)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took, by the clock and on the processor."""
    clock, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"| {what} | {time.perf_counter() - clock:.2f} | {time.process_time() - cpu:.2f} |", flush=True)


def main() -> None:
    """Run the whole and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--movements", type=int, default=1_000_000)
    parser.add_argument("--skus", type=int, default=10_000)
    parser.add_argument("--database", default="", help="address; default a SQLite file in a temporary folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database.of(asked.database or f"sqlite:///{Path(folder) / 'ledger.db'}")
        migrate(database)
        print(f"{asked.movements:,} movements of {asked.skus:,} SKUs, {database.engine.dialect.name}")
        print("| step | seconds | CPU seconds |\n|---|---|---|")
        told = list(made_up(asked.movements, asked.skus))
        with timed("load, checked, each looked up"), database.transaction() as connection:
            record(connection, "benchmark", told, NOW)
        del told
        with database.reading() as connection:
            with timed("position now, all SKUs"):
                now = position_now(connection, "benchmark")
            with timed("position at a past date, all SKUs"):
                position_at(connection, "benchmark", START + timedelta(days=DAYS // 2))
            with timed("position of today as a fold"):
                folded = position_at(connection, "benchmark", START + timedelta(days=DAYS))
            assert now.equals(folded), "the running sums differ from the fold"
            with timed("read all movements"):
                movements = movements_until(connection, "benchmark")
        with timed("lots"):
            book = fold_lots(movements)
        with timed("balance of every day"):
            balance = daily_balance(movements)
        assert (balance["start"] + balance["came_in"] - balance["went_out"] == balance["end"]).all()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"lots left: {len(book.lots):,}; peak memory {peak:.2f} GiB")
        database.close()


if __name__ == "__main__":
    main()

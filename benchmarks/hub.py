"""The hub under stress: many processes sell the same few SKUs, are killed at random, and every channel must follow.

    python -m benchmarks.hub [--writers 8] [--orders 2000] [--skus 50] [--kills 24] [--database URL]

Writers and couriers are processes of their own; the channels are shops on a loopback HTTP server that keep the newest
number. Orders are drawn from a seed; about a fifth of them must be refused. Printed: what was sold, whether any unit
was sold twice, whether every channel shows what the hub says, and the lag from order to acknowledgement.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from core.database import Database
from core.migration import migrate
from inventory.hub.channels import Channel, Listing, add_channel, add_listings
from inventory.hub.health import sync_health
from inventory.hub.hub_tables import CHANNEL_LISTINGS, CHANNEL_ORDERS
from inventory.ledger.book import record
from inventory.ledger.movement import Movement, MovementKind
from inventory.ledger.positions import position_now

ROOT = Path(__file__).parents[1]
CHANNELS = ("amazon", "own", "walmart")
COURIERS = ("courier", "standby")
"""As `fillrate worker` has them: one in the worker for light jobs, one that stands by in the other."""
TENANT = "stress"
SEED = 20261201
OVERLAP = 50
"""Orders that a writer tells again when it is started anew: they must count once."""

WRITER = """
import sys, time
from datetime import UTC, datetime
import numpy as np
from core.database import Database
from inventory.hub.orders import OrderLine, accept_order
url, name, first, count, skus, rate = sys.argv[1], *map(int, sys.argv[2:6]), float(sys.argv[6])
database = Database.of(url)
for number in range(first, count):
    draw = np.random.default_rng([name, number])
    lines = [OrderLine(f"S{sku:02d}", int(draw.integers(1, 4))) for sku in draw.choice(skus, 2, replace=False)]
    channel = ("amazon", "own", "walmart")[number % 3]
    with database.transaction() as connection:
        state = accept_order(connection, "stress", channel, f"w{name}-{number}", lines, datetime.now(UTC))
    print(f"w{name}-{number} {state}", flush=True)
    if rate:
        time.sleep(1 / rate)
"""

COURIER = """
import sys, time
from datetime import UTC, datetime
from core.database import Database
from core.errors import StorageError
from inventory.hub.courier import Courier
from datetime import timedelta
from serving.couriers import CHANNELS_EVERY, OVERDUE, STANDBY_EVERY
from serving.stock.adapters import HttpAdapter
url, name = sys.argv[1:]
first = name == "courier"
adapter, overdue = HttpAdapter(allow_private=True), timedelta(0) if first else OVERDUE
courier = Courier(Database.of(url), lambda tenant, channel: adapter, lambda: datetime.now(UTC), name, overdue)
while True:
    try:
        courier.look()
    except StorageError as error:
        print(error, file=sys.stderr, flush=True)
    time.sleep(CHANNELS_EVERY if first else STANDBY_EVERY)
"""


class Shops(BaseHTTPRequestHandler):
    """Three shops: PUT /<shop> tells one; it ignores numbers that are older than what it has."""

    def do_PUT(self) -> None:
        """Keep the newest."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        shown: dict[str, tuple[int, int]] = self.server.shown[self.path.strip("/")]  # type: ignore[attr-defined]
        for item in body["items"]:
            if item["number"] > shown.get(item["external_id"], (0, 0))[1]:
                shown[item["external_id"]] = item["units"], item["number"]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@dataclass
class StressRun:
    """What came of it; told: the state of each order that a writer was told. oversold: SKUs whose units do not add up.
    astray: listings at which a shop and the hub differ.
    """

    seconds: float
    kills: int
    courier_kills: int
    told: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    oversold: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)
    deliveries: int = 0
    lag_median: float = float("nan")
    lag_p99: float = float("nan")
    failure_rate: float = float("nan")


class Processes:
    """The writers, the courier and the one that stands by: started, killed, started anew; what writers were told is
    kept.
    """

    def __init__(self, url: str, writers: int, orders: int, skus: int, rate: float) -> None:
        self.url, self.orders, self.skus, self.rate = url, orders, skus, rate
        self.told: dict[str, str] = {}
        self.errors: list[str] = []
        self.writers: dict[int, subprocess.Popen[str]] = {}
        self.count = writers
        self.couriers = {name: self._deliver(name) for name in COURIERS}

    def sell(self) -> None:
        """Start the writers."""
        self.writers = {name: self._write(name, 0) for name in range(self.count)}

    def kill_writer(self, name: int) -> None:
        """Kill a writer in the middle of whatever it does, and start it anew a little before where it was."""
        self.writers[name].kill()
        self._collect(name)
        done = sum(order.startswith(f"w{name}-") for order in self.told)
        self.writers[name] = self._write(name, max(0, done - OVERLAP))

    def kill_courier(self, name: str) -> None:
        """Kill a courier, and start another one of its name."""
        self.couriers[name].kill()
        self.couriers[name].wait()
        self.couriers[name] = self._deliver(name)

    def selling(self) -> list[int]:
        """Return the writers that still sell."""
        return [name for name, process in self.writers.items() if process.poll() is None]

    def finish(self) -> None:
        """Wait for all writers."""
        for name in self.writers:
            self._collect(name)
            if self.writers[name].returncode:
                raise RuntimeError(f"writer {name} failed: {self.errors[-1]}")

    def end(self) -> None:
        """Kill whoever still runs."""
        for process in (*self.writers.values(), *self.couriers.values()):
            process.kill()
            process.communicate()

    def _write(self, name: int, first: int) -> "subprocess.Popen[str]":
        words = [str(name), str(first), str(self.orders), str(self.skus), str(self.rate)]
        return _start([sys.executable, "-c", WRITER, self.url, *words])

    def _deliver(self, name: str) -> "subprocess.Popen[str]":
        return _start([sys.executable, "-c", COURIER, self.url, name], out=subprocess.DEVNULL, error=None)

    def _collect(self, name: int) -> None:
        text, error = self.writers[name].communicate()
        self.errors.append(error[-2000:])
        for line in text.splitlines():
            order, _, state = line.partition(" ")
            if state in ("accepted", "refused"):
                self.told[order] = state


def _start(
    words: list[str], out: int = subprocess.PIPE, error: int | None = subprocess.PIPE
) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(words, stdout=out, stderr=error, text=True, cwd=ROOT, env=environment)


@contextmanager
def shops() -> Iterator[ThreadingHTTPServer]:
    """Run the shops' server; `shown` is what each shows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shops)
    server.daemon_threads = True
    server.shown = {channel: {} for channel in CHANNELS}  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def stress(
    database: Database,
    writers: int,
    orders: int,
    skus: int,
    kills: int,
    courier_kills: int = 0,
    rate: float = 0.0,
    patience: float = 120.0,
) -> StressRun:
    """Run the whole on a migrated, empty database; patience: seconds for the channels to follow at the end.

    rate: orders a second of each writer, 0: as fast as it can. Kills are spread over the run at random.
    """
    owned = max(1, int(writers * orders * 4 / skus * 0.8))
    url = database.engine.url.render_as_string(hide_password=False)
    with shops() as server:
        _open(database, skus, owned, server.server_address[1])
        running = Processes(url, writers, orders, skus, rate)
        try:
            _let_follow(database, patience)  # what is told before the first order is no order's lag
            began, started = datetime.now(UTC), time.perf_counter()
            running.sell()
            done = _kill_at_random(running, kills, courier_kills)
            running.finish()
            run = StressRun(time.perf_counter() - started, *done, told=running.told)
            _let_follow(database, patience)
        finally:
            running.end()
        _judge(database, run, owned, began, server.shown)  # type: ignore[attr-defined]
    return run


def _open(database: Database, skus: int, owned: int, port: int) -> None:
    now = datetime.now(UTC)
    names = [f"S{sku:02d}" for sku in range(skus)]
    stock = [Movement(sku, "3pl", now.date(), MovementKind.RECEIPT, owned, "erp", f"r-{sku}") for sku in names]
    with database.transaction() as connection:
        record(connection, TENANT, stock, now)
        for channel in CHANNELS:
            where = {"url": f"http://127.0.0.1:{port}/{channel}"}
            add_channel(connection, TENANT, Channel(channel, "http", "3pl", settings=where))
            add_listings(connection, TENANT, channel, [Listing(sku, f"{channel}-{sku}") for sku in names], now)


def _kill_at_random(running: Processes, kills: int, courier_kills: int) -> tuple[int, int]:
    """Kill until the kills are used up or nobody sells any more; return how many writers and couriers were killed."""
    draw = np.random.default_rng(SEED)
    killed = {"writer": 0, "courier": 0}
    victims = draw.permutation(["writer"] * kills + ["courier"] * courier_kills)
    for victim in victims:
        time.sleep(draw.uniform(0.5, 2.0))
        selling = running.selling()
        if not selling:
            break
        if victim == "writer":
            running.kill_writer(int(draw.choice(selling)))
        else:
            running.kill_courier(str(draw.choice(COURIERS)))
        killed[str(victim)] += 1
    return killed["writer"], killed["courier"]


def _let_follow(database: Database, patience: float) -> None:
    waiting = sa.select(sa.func.count()).where(CHANNEL_LISTINGS.c.due_at.is_not(None))
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with database.reading() as connection:
            if not connection.scalar(waiting):
                return
        time.sleep(0.2)


def _judge(
    database: Database, run: StressRun, owned: int, began: datetime, shown: dict[str, dict[str, tuple[int, int]]]
) -> None:
    now = datetime.now(UTC)
    with database.reading() as connection:
        kept = connection.execute(sa.select(CHANNEL_ORDERS)).all()
        there = position_now(connection, TENANT).set_index("sku")
        health = [sync_health(connection, TENANT, name, began, now) for name in CHANNELS]
    run.states = {row.order_id: row.state for row in kept}
    sold = dict.fromkeys(there.index, 0)
    for row in kept:
        for sku, units in row.lines.items():
            sold[sku] += units if row.state == "accepted" else 0
    for sku, units in sold.items():
        available, reserved = (int(there.loc[sku, bucket]) for bucket in ("available", "reserved"))
        if units > owned or reserved != units or available != owned - units:
            run.oversold.append(f"{sku}: {owned} owned, {units} sold, {available} available, {reserved} reserved")
        for channel in CHANNELS:
            shows = shown[channel].get(f"{channel}-{sku}", (None, 0))[0]
            if shows != available:
                run.astray.append(f"{channel} shows {shows} of {sku}, the hub has {available}")
    run.deliveries = sum(one.told for one in health)
    run.lag_median = float(np.median([one.lag_seconds_median for one in health]))
    run.lag_p99 = max(one.lag_seconds_p99 for one in health)
    run.failure_rate = max(one.failure_rate for one in health)


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("writers", 8), ("orders", 2000), ("skus", 50), ("kills", 24), ("courier-kills", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--rate", type=float, default=0.0, help="orders a second of each writer; default: all it can")
    parser.add_argument("--database", default="", help="address of an empty database; default a SQLite file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database.of(asked.database or f"sqlite:///{Path(folder) / 'hub.db'}")
        migrate(database)
        load = os.getloadavg()[0]
        numbers = (asked.writers, asked.orders, asked.skus, asked.kills, asked.courier_kills, asked.rate)
        run = stress(database, *numbers)
        count = len(run.states)
        print(
            "| database | orders | refused | killed | orders/s | oversold | astray | told | lag: median | p99 | load |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        print(
            f"| {database.engine.dialect.name} | {count:,} | {sum(s == 'refused' for s in run.states.values()):,} "
            f"| {run.kills} writers, {run.courier_kills} couriers | {count / run.seconds:.0f} | {len(run.oversold)} "
            f"| {len(run.astray)} | {run.deliveries:,} | {run.lag_median:.2f} | {run.lag_p99:.2f} "
            f"| {load:.1f} → {os.getloadavg()[0]:.1f} |"
        )
        for line in (*run.oversold[:5], *run.astray[:5]):
            print(line)


if __name__ == "__main__":
    main()

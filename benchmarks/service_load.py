"""The service under load on this machine: an open loop, three times as much as it can do, and a bulk forecast.

python -m benchmarks.service_load --data FOLDER    # starts `fillrate serve` with two workers and prints a table

Requests come at random moments of a given rate, whether or not earlier ones have been answered; time is counted from
the moment that a request was due, so that a slow answer cannot hide those behind it. Each arrival asks for one SKU's
forecast and then for its stored order proposals, which the night planned. Beside it, in the same seconds, an empty
route (/livez) shows what the machine and this client cost. Server and client share the machine's cores.
"""

import argparse
import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import aiohttp
import numpy as np

__all__ = ["main"]

SEED = 20240415
START_SECONDS = 900
FLOOR_RATE = 10
"""Requests a second of the empty route while the service is loaded: they are never refused."""
UNLIMITED = "1000000"
"""Requests a second of one caller: what is measured here is the machine, not the rate limit."""


@dataclass
class Seen:
    """What one kind of request met: seconds of those accepted, and how the others were refused."""

    seconds: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def row(self, name: str, note: str = "") -> str:
        """Return a line of the table; times in milliseconds."""
        if not self.seconds:
            return f"| {name} | 0 | – | – | – | {dict(self.refused)} | {note} |"
        p50, p99, most = np.quantile(self.seconds, [0.5, 0.99, 1.0]) * 1000
        refused = ", ".join(f"{count} × {code}" for code, count in sorted(self.refused.items())) or "0"
        return f"| {name} | {len(self.seconds):,} | {p50:.1f} | {p99:.1f} | {most:.1f} | {refused} | {note} |"


class Client:
    """Asks one service; counts as refused what is a problem document of 429 or 503, and raises for anything else."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def ask(self, seen: Seen, due: float, path: str, body: object = None) -> bool:
        """Send one request and note its time from `due`; return whether it was accepted."""
        method = "GET" if body is None else "POST"
        async with self.session.request(method, self.base + path, json=body) as answer:
            text = await answer.read()
            if answer.status == 200:
                seen.seconds.append(time.perf_counter() - due)
                return True
            if answer.status not in (429, 503) or answer.content_type != "application/problem+json":
                raise RuntimeError(f"{path}: {answer.status} {text[:300]!r}")
            if "Retry-After" not in answer.headers:
                raise RuntimeError(f"{path}: {answer.status} without Retry-After")
            seen.refused[str(answer.status)] += 1
            return False


async def open_loop(rate: float, seconds: float, act: Callable[[int, float], Awaitable[None]]) -> None:
    """Call `act(number, due)` at random moments, `rate` a second, without waiting for those before."""
    draw, due, tasks = random.Random(SEED), time.perf_counter(), []
    end = due + seconds
    while (due := due + draw.expovariate(rate)) < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(act(len(tasks), due)))
    await asyncio.gather(*tasks)


async def steady(client: Client, skus: list[str], rate: float, seconds: float) -> list[str]:
    """Return the table's rows of a load that the service should bear."""
    empty, forecast, proposal = Seen(), Seen(), Seen()

    async def act(number: int, due: float) -> None:
        sku = skus[number % len(skus)]
        if await client.ask(forecast, due, "/v1/forecasts", {"skus": [sku]}):
            await client.ask(proposal, time.perf_counter(), f"/v1/proposals?sku={quote(sku)}")

    async def nothing(number: int, due: float) -> None:
        await client.ask(empty, due, "/livez")

    await asyncio.gather(open_loop(rate, seconds, act), open_loop(rate, seconds, nothing))
    note = f"{rate:g} arrivals a second for {seconds:g} s"
    return [empty.row("empty route", note), forecast.row("forecast of one SKU"), proposal.row("its stored proposals")]


async def capacity(client: Client, skus: list[str], seconds: float) -> float:
    """Return how many one-SKU forecasts a second are answered to eight clients that wait for each answer."""
    seen, end = Seen(), time.perf_counter() + seconds

    async def keep_asking(number: int) -> None:
        while time.perf_counter() < end:
            if not await client.ask(seen, time.perf_counter(), "/v1/forecasts", {"skus": [skus[number]]}):
                await asyncio.sleep(0.01)

    await asyncio.gather(*(keep_asking(number) for number in range(8)))
    return len(seen.seconds) / seconds


async def overload(client: Client, skus: list[str], seconds: float) -> list[str]:
    """Return the rows of what is just borne and of three times what the service can do."""
    most = await capacity(client, skus, seconds / 2)
    rows = []
    for name, rate in (("half of what it can do", most / 2), ("three times what it can do", 3 * most)):
        seen, empty = Seen(), Seen()

        async def act(number: int, due: float, seen: Seen = seen) -> None:
            await client.ask(seen, due, "/v1/forecasts", {"skus": [skus[number % len(skus)]]})

        async def nothing(number: int, due: float, empty: Seen = empty) -> None:
            await client.ask(empty, due, "/livez")

        await asyncio.gather(open_loop(rate, seconds, act), open_loop(FLOOR_RATE, seconds, nothing))
        rows.append(seen.row(name, f"{rate:.0f} forecasts a second for {seconds:g} s"))
        rows.append(empty.row("empty route meanwhile", f"{FLOOR_RATE} a second"))
    return rows


async def bulk(client: Client, skus: list[str]) -> list[str]:
    """Return the row of forecasts of up to 1,000 SKUs in one request, one after the other."""
    seen, wanted = Seen(), skus[:1000]
    for _ in range(10):
        await client.ask(seen, time.perf_counter(), "/v1/forecasts", {"skus": wanted})
    return [seen.row(f"forecast of {len(wanted):,} SKUs", "one request at a time, 10 times")]


async def one_by_one(client: Client, skus: list[str]) -> list[str]:
    """Return the row of plans of one SKU that are computed, not looked up, one after the other."""
    seen = Seen()
    for sku in skus[:40]:
        await client.ask(seen, time.perf_counter(), "/v1/plans", {"skus": [sku]})
    return [seen.row("plan of one SKU, computed", "one request at a time, 40 times")]


async def store_plan(client: Client) -> None:
    """Plan the whole dataset once, as the night does."""
    headers = {"Idempotency-Key": "service-load"}
    async with client.session.post(f"{client.base}/v1/plan-runs", json={}, headers=headers) as answer:
        if answer.status not in (200, 201):
            raise RuntimeError(f"/v1/plan-runs: {answer.status} {await answer.text()}")


async def all_skus(client: Client) -> list[str]:
    """Return the dataset's SKUs."""
    found: list[str] = []
    cursor = None
    while cursor or not found:
        query = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
        async with client.session.get(f"{client.base}/v1/products", params=query) as answer:
            page = await answer.json()
        found += [item["sku"] for item in page["items"]]
        cursor = page["next_cursor"]
    return found


async def measure(base: str, arguments: argparse.Namespace) -> list[str]:
    """Return the table's rows."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        client = Client(session, base)
        skus = await all_skus(client)
        await store_plan(client)
        await steady(client, skus, arguments.rate, 3)  # warm
        rows = await steady(client, skus, arguments.rate, arguments.seconds)
        rows += await overload(client, skus, arguments.seconds / 3)
        return rows + await one_by_one(client, skus) + await bulk(client, skus)


@contextmanager
def serving(data: Path, workers: int) -> Iterator[str]:
    """Run the service on a free port until the block ends; yield its address when it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["serve", "--data", str(data), "--port", str(port), "--workers", str(workers)]
    command = [sys.executable, "-c", "from serving.cli import main; main()", *words]
    environment = {**os.environ, "FILLRATE_RATE_PER_SECOND": UNLIMITED, "FILLRATE_RATE_BURST": UNLIMITED}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_until_ready(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def wait_until_ready(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Return when the service has answered that it is ready twenty times in a row: each worker says it for itself."""
    import urllib.error
    import urllib.request

    good, end = 0, time.monotonic() + START_SECONDS
    while good < 20:
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError("the service did not get ready; run `fillrate serve` to see why")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
                good += 1
        except (urllib.error.URLError, OSError):
            good = 0
            time.sleep(0.5)


def main() -> None:
    """Start the service, load it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="dataset folder, such as .fillrate/demo/online_retail")
    parser.add_argument("--rate", type=float, default=25, help="arrivals a second")
    parser.add_argument("--seconds", type=float, default=60, help="how long")
    parser.add_argument("--workers", type=int, default=2, help="processes of the service")
    arguments = parser.parse_args()
    with serving(arguments.data, arguments.workers) as base:
        rows = asyncio.run(measure(base, arguments))
    print("| request | answered | p50 ms | p99 ms | slowest ms | refused | load |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()

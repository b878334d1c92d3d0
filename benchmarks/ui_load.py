"""The planner's page on a made-up shop of 10,000 SKUs: how fast the list and a product come, and how much a first look
loads.

python -m benchmarks.ui_load [--skus 10000] [--days 182] [--asks 200]

A service with this shop and a baseline in the model's place is started on loopback; one browser after the other asks
for lists (each filter, sort and search in turn), products, what-ifs of one SKU and the board of proposals, over HTTP
with compression. What is computed once for a version of the data (facts, alerts, classes) is timed apart, as the first
look; so is the plan whose orders are the proposals. Client and server share the machine.
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import numpy as np
import pandas as pd

__all__ = ["main"]

SEED = 20240415
AS_OF = "2024-07-29"
SERVER = """
import os
from serving.environment import prepare_process
prepare_process()
import uvicorn
from core.migration import migrate
from serving.api import create_api
from serving.demand.contexts import start_contexts
from serving.platform import Platform
platform = Platform.of(os.environ)
migrate(platform.database)
start_contexts(platform, os.environ)
api = create_api(platform)


def plan():
    from serving.access import LOCAL
    from serving.proposals.planning import make_plan_run
    from serving.proposals.run_store import store_plan

    context = platform.host.context()
    rows = context.find_skus(list(context.rows_by_sku))
    run, found = make_plan_run(platform.database, "local", context, "default", rows, {}, {"skus": None, "what_if": {}})
    with platform.database.transaction() as connection:
        store_plan(connection, LOCAL, run, found, platform.clock())


api.add_api_route("/plan", plan)
uvicorn.run(api, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""
LISTS = (
    *({"state": name} for name in ("out_of_stock", "at_risk", "surplus_orders", "excess", "new")),
    *({"sort": name} for name in ("sku", "cover", "loss", "excess", "alert", "class")),
    *({"abc": abc, "xyz": xyz} for abc, xyz in itertools.product("ABC", "XYZ")),
    *({"q": word} for word in ("sku-0042", "lamp", "nothing like it")),
    *({"page": str(page)} for page in (2, 50, 200)),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skus", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=182)
    parser.add_argument("--asks", type=int, default=200, help="requests of each kind")
    parser.add_argument("--port", type=int, default=3977)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        shop = _write_shop(Path(place) / "shop", asked.skus, asked.days)
        with _served(shop, asked.port) as base, httpx.Client(base_url=base, timeout=600) as client:
            began = time.perf_counter()
            client.get("/ui/today/board").raise_for_status()
            first_look = time.perf_counter() - began
            print(f"{asked.skus:,} SKUs, {asked.days} days; first look at new data: {first_look:.1f} s, computed once")
            print("\n| asked | requests | p50 ms | p95 ms | most ms |\n|---|---:|---:|---:|---:|")
            draw = np.random.default_rng(SEED)
            lists = [f"/ui/products?{urlencode(LISTS[place % len(LISTS)])}" for place in range(asked.asks)]
            skus = [f"SKU-{number:05d}" for number in draw.integers(0, asked.skus, asked.asks)]
            products = [f"/ui/products/one?{urlencode({'sku': sku})}" for sku in skus]
            lots = [f"/ui/products/one/lots?{urlencode({'sku': sku, 'location': 'main'})}" for sku in skus]
            for name, paths in (
                ("list of products", lists),
                ("a product", products),
                ("its lots and fees", lots),
                ("today's figures and alerts", ["/ui/today/board"] * asked.asks),
                ("a what-if redrawn, one SKU", _what_ifs(skus)),
            ):
                _row(name, client, paths)
            _proposals(client, asked.asks)
            print(f"\nfirst load, compressed: {_first_load(client, '/ui/today') / 1000:.1f} kB (today), "
                  f"{_first_load(client, products[0]) / 1000:.1f} kB (a product with its charts)")  # fmt: skip


def _what_ifs(skus: list[str]) -> list[str]:
    """Return redraws as a slider makes them: one SKU, one setting after the other."""
    settings = ({"demand": 10}, {"demand": 40, "lead_time": 7}, {"service": 98}, {"price": -10})
    asked = [{"sku": sku, **settings[place % len(settings)]} for place, sku in enumerate(skus)]
    return [f"/ui/what-if/answer?{urlencode(values)}" for values in asked]


def _proposals(client: httpx.Client, asks: int) -> None:
    """Plan all products and ask for the board of their proposals, whole and filtered, a group, and a cost."""
    began = time.perf_counter()
    client.get("/plan").raise_for_status()
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    text = client.get("/ui/proposals").raise_for_status().text
    first = time.perf_counter() - began
    groups = sorted(set(re.findall(r"/ui/proposals/groups/([^\"'?&]+)", text)))
    costs = sorted(set(re.findall(r"/ui/proposals/([^/\"']+)/cost", text)))
    boards = [
        f"/ui/proposals?{urlencode(values)}" for values in ({}, {"sort": "value"}, {"q": "sku-004"}, {"state": "all"})
    ]
    _row("proposals", client, [boards[place % len(boards)] for place in range(asks)])
    if groups:
        _row("all orders of a group", client, [f"/ui/proposals/groups/{groups[0]}"] * (asks // 4))
    _row(
        "the cost of a typed quantity",
        client,
        [f"/ui/proposals/{costs[place % len(costs)]}/cost?quantity={place}" for place in range(asks)],
    )
    print(f"\nthe plan of all products took {seconds:.1f} s, the first look at its proposals {first:.2f} s")


def _row(name: str, client: httpx.Client, paths: list[str]) -> None:
    seconds = []
    for path in paths:
        began = time.perf_counter()
        client.get(path).raise_for_status()
        seconds.append(time.perf_counter() - began)
    p50, p95, most = np.quantile(seconds, [0.5, 0.95, 1.0]) * 1000
    print(f"| {name} | {len(paths)} | {p50:.0f} | {p95:.0f} | {most:.0f} |", flush=True)


def _first_load(client: httpx.Client, path: str) -> int:
    """Return the bytes of a page and of the files that it names, as they travel."""
    total, text = _bytes(client, path)
    for name in sorted(set(re.findall(r"/ui/static/[^\"']+", text))):
        total += _bytes(client, name)[0]
    return total


def _bytes(client: httpx.Client, path: str) -> tuple[int, str]:
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        text = answer.read().decode("utf-8", "replace")
        return answer.num_bytes_downloaded, text


@contextmanager
def _served(shop: Path, port: int) -> Iterator[str]:
    environment = {
        **os.environ,
        "FILLRATE_HOME": str(shop.parent / "home"),
        "FILLRATE_DATA": str(shop),
        "FILLRATE_FALLBACK_REASON": "no model: the page is measured",
        "FILLRATE_RATE_PER_SECOND": "1000000",
        "FILLRATE_RATE_BURST": "1000000",
        "PORT": str(port),
    }
    server = subprocess.Popen([sys.executable, "-c", SERVER], env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(3_600):
            time.sleep(0.5)
            try:
                if httpx.get(f"{base}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                if server.poll() is not None:
                    raise SystemExit("the service has ended") from None
        yield base
    finally:
        server.terminate()
        server.wait()


def _write_shop(folder: Path, count: int, days: int) -> Path:
    """Write a shop of weekly rhythm, skewed sizes, some stock-outs, receipts and open orders."""
    draw = np.random.default_rng(SEED)
    folder.mkdir(parents=True)
    dates = pd.date_range(end=pd.Timestamp(AS_OF) - pd.Timedelta(days=1), periods=days)
    skus = np.array([f"SKU-{number:05d}" for number in range(count)])
    level = draw.lognormal(0.3, 1.0, count)
    weekday = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.4, 0.9])
    units = draw.poisson(level[:, None] * weekday[dates.day_of_week.to_numpy()][None, :])
    price = draw.uniform(8, 80, count).round(2)
    sales = pd.DataFrame({"sku": np.repeat(skus, days), "date": np.tile(dates.to_numpy(), count)})
    sales["units"], sales["price"] = units.ravel(), np.repeat(price, days)
    sales.to_parquet(folder / "sales.parquet", index=False)
    names = draw.choice(["lamp", "mug", "tray", "clock", "chair"], count)
    products = pd.DataFrame({"sku": skus, "name": names, "category": draw.choice([f"c{n}" for n in range(20)], count)})
    products = products.assign(unit_cost=price / 2, price=price, volume=0.4, weight=1.0)
    products.to_parquet(folder / "products.parquet", index=False)
    held = np.round(level * draw.uniform(0, 90, count)).astype(int)
    pd.DataFrame({"sku": skus, "date": pd.Timestamp(AS_OF), "on_hand": held}).to_parquet(
        folder / "stock.parquet", index=False
    )
    some = draw.random(count) < 0.3
    orders = pd.DataFrame({"sku": skus[some], "quantity": np.ceil(level[some] * 20)})
    orders["order_id"] = [f"PO-{number}" for number in range(len(orders))]
    orders.assign(expected_on=pd.Timestamp("2024-08-06"), supplier="Acme").to_parquet(
        folder / "open_orders.parquet", index=False
    )
    receipts = pd.DataFrame({"sku": np.tile(skus, 2), "quantity": np.ceil(np.tile(level, 2) * 30)})
    receipts["received_on"] = np.repeat(pd.to_datetime(["2024-03-01", "2024-06-20"]), count)
    receipts.assign(supplier="Acme").to_parquet(folder / "receipts.parquet", index=False)
    supply = pd.DataFrame({"sku": ["*"], "supplier": ["Acme"], "lead_time_days": [14], "order_cost": [5.0]})
    supply.to_csv(folder / "supply.csv", index=False)
    (folder / "dataset.toml").write_text('frequency = "D"\ncurrency = "EUR"\n', encoding="utf-8")
    return folder


if __name__ == "__main__":
    main()

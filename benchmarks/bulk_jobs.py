"""Bulk jobs by a real worker: from the tables of many SKUs to forecasts and stored proposals, with a trained model.

python -m benchmarks.bulk_jobs --skus 10000     # makes a dataset, trains on it, then times the jobs

Seconds are from the job's beginning to its end, tables read, proposals stored, files written; what the worker
process cost in CPU is beside them, because this machine is shared. The model is trained first, by a job of its own.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from core.database import Database
from core.migration import migrate
from core.settings import Settings
from serving.access import LOCAL
from serving.demand.datasets import register_base
from serving.jobs.asking import request_job
from serving.jobs.job import Job
from serving.jobs.records import find_job
from serving.jobs.supervisor import Supervisor
from serving.platform import Platform

__all__ = ["main"]

SEED = 20240415
END = "2024-07-29"


def main() -> None:
    """Print a line for each job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skus", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=150)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        os.environ["FILLRATE_HOME"] = str(home)
        settings = Settings.from_environment(os.environ)
        platform = Platform(settings, Database.of(settings.database_url))
        migrate(platform.database)
        register_base(platform, write_dataset(Path(place) / "shop", arguments.skus, arguments.days))
        print("| job | state | seconds | CPU s of the worker | what came of it |\n|---|---|---|---|---|")
        with Supervisor():
            for kind, request in (("train", {}), ("forecast", {"formats": ["parquet"]}), ("plan", {}), ("plan", {})):
                before = cpu_seconds()
                job = wait(platform, kind, request)
                seconds = (job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else 0.0
                told = {name: value for name, value in (job.result or job.error or {}).items() if name in SHOWN}
                spent = cpu_seconds() - before
                print(f"| {kind} | {job.state.value} | {seconds:.1f} | {spent:.1f} | {told} |", flush=True)


SHOWN = ("series", "ordered", "proposals", "rank", "code", "message")


def write_dataset(folder: Path, skus: int, days: int) -> Path:
    """Write sales, products, stock and supply of `skus` products over `days` days, as Parquet."""
    draw = np.random.default_rng(SEED)
    folder.mkdir(parents=True)
    names = np.array([f"SKU-{number:05d}" for number in range(skus)])
    dates = pd.date_range(end=pd.Timestamp(END) - pd.Timedelta(days=1), periods=days)
    level = draw.lognormal(0.5, 1.0, skus)
    week = 1 + 0.3 * np.sin(2 * np.pi * np.arange(days) / 7)
    units = draw.negative_binomial(2, 2 / (2 + level[:, None] * week[None, :]))
    sales = pd.DataFrame({"sku": np.repeat(names, days), "date": np.tile(dates, skus), "units": units.ravel()})
    price = np.round(draw.uniform(8, 60, skus), 2)
    products = pd.DataFrame({"sku": names, "category": draw.choice(list("abcdefgh"), skus), "price": price})
    stock = pd.DataFrame({"sku": names, "date": pd.Timestamp(END), "on_hand": draw.poisson(level * 10)})
    supply = pd.DataFrame({"sku": names, "supplier": draw.choice(["North", "South", "East"], skus)})
    tables = {
        "sales": sales,
        "products": products.assign(unit_cost=np.round(price * 0.45, 2)),
        "stock": stock,
        "supply": supply.assign(lead_time_days=draw.integers(5, 15, skus), case_pack=6, order_cost=2.0),
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def wait(platform: Platform, kind: str, request: dict[str, object]) -> Job:
    """Ask for a job and return it when it has ended."""
    with platform.database.transaction() as connection:
        job = request_job(connection, LOCAL, kind, request)
    while not job.ended:
        time.sleep(0.2)
        with platform.database.reading() as connection:
            job = find_job(connection, job.tenant, job.id)
    return job


def cpu_seconds() -> float:
    """Return the CPU seconds of this process's children that live, from the system's table of processes."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()

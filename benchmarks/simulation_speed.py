"""How long does a year of daily base-stock decisions for 1,000 SKUs take, here and with the package `stockcast`?

    python -m benchmarks.simulation_speed [--peer FOLDER]

Both play the same demand from the same stock (lost sales, seven days of lead time, a review a day, order up to the same
level) in one run, and their units are compared. `stockcast` is installed into a virtual environment of its own, in
FOLDER (default: a temporary one); where that fails, the error is printed and a plain Python loop is measured instead.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

from core.types import FloatArray
from optimizer.policies import Knowledge, StockState
from optimizer.scenario import Opening, Prices, Scenario, fixed_lead_times
from optimizer.simulation import simulate
from optimizer.stock_flow import AT_ONCE, ORDERED

__all__ = ["ours", "plain_loop"]

SKUS, DAYS, LEAD, LEVEL, START, MEAN, SEED = 1000, 365, 7, 62, 40, 6.0, 20240415
REPEATS = 3

PEER = """
import json, sys, time
import numpy as np, pandas as pd
from stockcast.core import InventoryStateDataFrame, SimulationEngine
from stockcast.policies import OrderUpToPolicy
demand = np.load(sys.argv[1])
skus, days = demand.shape
names = [f"s{i:04d}" for i in range(skus)]
dates = pd.date_range("2024-01-01", periods=days, freq="D")
table = pd.DataFrame({"unique_id": np.repeat(names, days), "date": np.tile(dates, skus), "y": demand.ravel()})
level, start, lead = (int(word) for word in sys.argv[2:5])
day = dates[0] - pd.Timedelta(days=1)
shelf = pd.DataFrame({"unique_id": names, "date": [day] * skus, "on_hand": [start] * skus})
shelf = InventoryStateDataFrame.from_observed(shelf, max_lead_time=lead)
policy = OrderUpToPolicy(lead_time=lead, review_period=1, freq="D", service_level=None, allow_backorders=False)
target = pd.DataFrame({"unique_id": names, "S": [level] * skus})
policy.fit(target, target_column="S", forecast_origin=day)
begin, cpu = time.perf_counter(), time.process_time()
result = SimulationEngine().run(policy=policy, demand_source=table, inventory=shelf)
seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
events = result.to_event_frame()
print(json.dumps({"seconds": seconds, "cpu": cpu, "sold": float(events["fulfilled_units"].sum())}))
"""


class _Level:
    """The same order-up-to rule without packs or minimum."""

    name = "level"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level."""
        return np.maximum(LEVEL - state.inventory_position, 0.0)


def ours(demand: FloatArray) -> tuple[float, float, float, float]:
    """Return seconds, CPU seconds, units sold and units ordered of our engine."""
    promised = np.full((len(demand), 1), LEAD)
    zeros = np.zeros(len(demand))
    scenario = Scenario(
        demand[:, None, :],
        fixed_lead_times(promised, 1, demand.shape[1]),
        promised,
        Prices.of(zeros + 0.1, zeros + 2.0, zeros),
    )
    begin, cpu = time.perf_counter(), time.process_time()
    made = simulate(_Level(), scenario, Opening.of(np.full(len(demand), float(START))), lambda period: None)  # type: ignore[arg-type, return-value]
    spent = time.perf_counter() - begin, time.process_time() - cpu
    return *spent, float(made.ledger[:, :, AT_ONCE].sum()), float(made.ledger[:, :, ORDERED].sum())


def plain_loop(demand: FloatArray) -> tuple[float, float, float]:
    """Return seconds, CPU seconds and units sold of a loop in plain Python, the labelled stand-in for a peer."""
    begin, cpu, sold = time.perf_counter(), time.process_time(), 0.0
    for row in demand.tolist():
        stock, coming = float(START), [0.0] * LEAD
        for wanted in row:
            order = max(LEVEL - stock - sum(coming), 0.0)
            coming.append(order)
            stock += coming.pop(0)
            sale = min(stock, wanted)
            stock -= sale
            sold += sale
    return time.perf_counter() - begin, time.process_time() - cpu, sold


def peer(demand: FloatArray, folder: Path) -> dict[str, float]:
    """Return what `stockcast` took; raises subprocess.CalledProcessError where it cannot be installed or run."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "stockcast"], check=True, capture_output=True, text=True)
    table = folder / "demand.npy"
    np.save(table, demand)
    words = [str(python), "-c", PEER, str(table), str(LEVEL), str(START), str(LEAD)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Print the times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="folder for stockcast's virtual environment")
    folder = parser.parse_args().peer
    demand = np.random.default_rng(SEED).poisson(MEAN, (SKUS, DAYS)).astype(np.float64)
    ours(demand[:2])  # compile
    times = [ours(demand) for _ in range(REPEATS)]
    seconds, cpu = min(item[0] for item in times), min(item[1] for item in times)
    print(f"{SKUS:,} SKUs × {DAYS} daily base-stock decisions, lead time {LEAD} days, lost sales")
    print(f"fillrate         {seconds:8.3f} s  (CPU {cpu:.3f} s)  sold {times[0][2]:,.0f}  ordered {times[0][3]:,.0f}")
    loop, loop_cpu, sold = plain_loop(demand)
    print(f"plain loop       {loop:8.3f} s  (CPU {loop_cpu:.3f} s)  sold {sold:,.0f}  ({loop_cpu / cpu:.1f} × our CPU)")
    with tempfile.TemporaryDirectory() as place:
        try:
            found = peer(demand, folder or Path(place) / "peer")
        except subprocess.CalledProcessError as error:
            print(f"stockcast could not be measured: {(error.stderr or str(error)).strip().splitlines()[-1]}")
            sys.exit(1)
    ratio = found["cpu"] / cpu
    print(f"stockcast        {found['seconds']:8.3f} s  (CPU {found['cpu']:.3f} s)  sold {found['sold']:,.0f}")
    print(f"{ratio:.0f} × faster in CPU time, {found['seconds'] / seconds:.0f} × on the clock")


if __name__ == "__main__":
    main()

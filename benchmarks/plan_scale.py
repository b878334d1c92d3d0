"""How large a plan under shared limits can be: wall clock, CPU, memory and proven gap, beside the whole PuLP model.

    python -m benchmarks.plan_scale                                  # 50 … 30,000 SKUs
    python -m benchmarks.plan_scale --stress                         # half the budget, 0.7 × volume, minimum × 4
    python -m benchmarks.plan_scale --sizes 50 300 1000 --monolith 60  # and the whole model for 60 s each

N SKUs × 13 weeks, air (1 week) and sea (5 weeks), case pack, minimum and fixed cost, a weekly budget and a weekly
volume limit that bind. Each size runs in a process of its own. Compiling is done before the clock starts, on another
instance, and stated; making the instance (sampling demand) is stated too and is no part of the plan. *What-if*: the
budget of every week + 10 %, from the plan before. Every plan is costed again by `optimizer.recosting`.
"""

import argparse
import multiprocessing
import resource
import time
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.plan_instances import shared_limits
from optimizer.monolith import solve_monolith
from optimizer.multi_period import plan_periods
from optimizer.recosting import recost

__all__ = ["measure", "measure_monolith"]

SIZES = (50, 300, 1_000, 10_000, 30_000)
STRESS = {"budget": 0.6, "volume": 0.42, "least": 4}


def measure(count: int, stress: bool) -> dict[str, Any]:
    """Return the figures of one size."""
    settings: dict[str, Any] = STRESS if stress else {}
    began = time.process_time()
    for warm in (400, 5_000 if count > 5_000 else 20):
        tiny = shared_limits(warm, seed=1)
        plan_periods(tiny, base=plan_periods(tiny) if warm > 300 else None)
    compiled = time.process_time()
    instance = shared_limits(count, **settings)
    made = time.process_time()
    wall, cpu = time.perf_counter(), time.process_time()
    plan = plan_periods(instance)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    check = recost(instance, plan.orders)
    assert not check.broken
    assert plan.bound <= check.cost.sum() * (1 + 1e-12)
    more = replace(instance, limits=(instance.limits[0].scaled(1.1), instance.limits[1]))
    what_wall, what_cpu = time.perf_counter(), time.process_time()
    what_if = plan_periods(more, base=plan)
    return {
        "count": count,
        "wall": wall,
        "cpu": cpu,
        "memory": memory,
        "cost": float(check.cost.sum()),
        "bound": plan.bound,
        "gap": plan.gap,
        "binding": len(plan.binding),
        "solver": plan.solver,
        "what_if_wall": time.perf_counter() - what_wall,
        "what_if_cpu": time.process_time() - what_cpu,
        "what_if_gap": what_if.gap,
        "compile": compiled - began,
        "make": made - compiled,
    }


def measure_monolith(count: int, solver: str, seconds: float, stress: bool) -> dict[str, Any]:
    """Return what the whole model reaches in a time limit, by the solver's own status and bound."""
    instance = shared_limits(count, **(STRESS if stress else {}))
    cpu = time.process_time()
    model = solve_monolith(instance, seconds, gap_relative=1e-4, solver=solver)
    broken, cost = ("no plan",), np.inf
    if model.orders is not None:
        check = recost(instance, model.orders)
        broken, cost = check.broken, float(check.cost.sum())
    return {
        "cost": cost,
        "bound": model.solved.bound,
        "gap": model.gap,
        "status": model.solved.status,
        "cpu": time.process_time() - cpu,
        "broken": "; ".join(broken),
    }


def _alone(function: Any, *arguments: Any) -> dict[str, Any]:
    """Run in a fresh process, so that memory is that of one size."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--stress", action="store_true")
    parser.add_argument("--monolith", type=float, default=0.0, help="seconds for the whole model (0: not run)")
    arguments = parser.parse_args()
    print(
        "| SKUs | wall s | CPU s | GiB | cost | bound | gap | binding rows | what-if wall s | CPU s | gap | compile s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    costs = {}
    for count in arguments.sizes:
        row = _alone(measure, count, arguments.stress)
        costs[count] = row["cost"]
        print(
            f"| {count:,} | {row['wall']:.1f} | {row['cpu']:.1f} | {row['memory']:.2f} | {row['cost']:,.0f} | "
            f"{row['bound']:,.0f} | {row['gap']:.4%} | {row['binding']} | {row['what_if_wall']:.1f} | "
            f"{row['what_if_cpu']:.1f} | {row['what_if_gap']:.4%} | {row['compile']:.0f} |",
            flush=True,
        )
    if arguments.monolith:
        _monolith_table(arguments, costs)


def _monolith_table(arguments: argparse.Namespace, costs: dict[int, float]) -> None:
    print("\n| SKUs | whole model by | CPU s | status | cost | above ours | solver's gap | broken |")
    print("|---|---|---|---|---|---|---|---|")
    for count in arguments.sizes:
        for solver in ("HiGHS", "CBC"):
            if count > 1_000 or (solver == "CBC" and count > 300):
                continue
            row = _alone(measure_monolith, count, solver, arguments.monolith, arguments.stress)
            gap = f"{row['gap']:.1%}" if np.isfinite(row["bound"]) and np.isfinite(row["cost"]) else "not told"
            print(
                f"| {count:,} | {solver} | {row['cpu']:.0f} | {row['status']} | {row['cost']:,.0f} | "
                f"{row['cost'] / costs[count] - 1:+.2%} | {gap} | {row['broken']} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""The VN2 rules on the history before 2024-04-15: what does a week's ordering cost under each policy?

    python -m benchmarks.vn2_replay --data DIR [--policy NAME …]

A thin caller of `fillrate simulate`'s engine; the same figures come from

    fillrate simulate --data DIR --rounds 6 --warm-up benchmark:2.5 --policy fillrate --policy benchmark \
        --from 2024-02-19 --from 2023-12-25 --from 2023-10-30 --from 2023-09-04 --from 2023-07-10 --from 2023-04-17

Six disjoint windows of eight weeks. Each week: order, receive, sell min(stock, demand), lose the rest, pay 0.2 a unit
left and 1.0 a unit lost. Orders are placed in weeks 1 … 6 and sold from two weeks later; weeks 3 … 8 are paid for.
Demand is the observed sale; a series' week that was out of stock is left out. A window starts from the state that
twelve weeks of the benchmark policy at 2.5 weeks of coverage leave behind (the real opening position is 2.5 weeks).
"""

import argparse
import os
from datetime import date
from pathlib import Path

from core.progress import silent
from core.settings import Settings
from inventory.dataset import read_dataset
from optimizer.policy_catalogue import policy_named
from optimizer.simulation_summary import summary
from serving.replay import Replay, Rules

__all__ = ["PUBLISHED", "WINDOWS"]

WINDOWS = ("2024-02-19", "2023-12-25", "2023-10-30", "2023-09-04", "2023-07-10", "2023-04-17")
PUBLISHED = (4048, 4501, 8815, 4791, 4337, 4563)
"""The benchmark policy's cost a window as an earlier, independent replay measured it."""


def main() -> None:
    """Print the cost of each policy a window and in the sum, as each window is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the VN2 dataset")
    parser.add_argument("--policy", action="append", help="policies of `fillrate simulate`")
    asked = parser.parse_args()
    policies = [policy_named(name) for name in asked.policy or ("benchmark", "fillrate")]
    replay = Replay(read_dataset(asked.data), Settings.from_environment(os.environ), silent, print)
    rules = Rules(rounds=6, warm_up=policy_named("benchmark:2.5"))
    names = ["published", *(policy.name for policy in policies)]
    print("| window | " + " | ".join(names) + " |\n" + "|---" * (len(names) + 1) + "|")
    made = {}
    for start, published in zip(WINDOWS, PUBLISHED, strict=True):
        made[start] = replay.play(date.fromisoformat(start), policies, rules).outcomes
        costs = [float(outcome.cost.sum()) for outcome in made[start]]
        print(f"| {start} | " + " | ".join(f"{value:,.0f}" for value in (published, *costs)) + " |", flush=True)
    table = summary(made, replay.frequency)
    whole = table[table["window"] == "all"]
    print(f"| sum | {sum(PUBLISHED):,} | " + " | ".join(f"{value:,.0f}" for value in whole["cost"]) + " |\n")
    columns = ["policy", "cost", "cost_se", "difference", "difference_se", "fill_rate", "cycle_service", "turns"]
    print(whole[columns].to_string(index=False, float_format="{:,.3f}".format))


if __name__ == "__main__":
    main()

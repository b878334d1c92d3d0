"""`fillrate simulate`: policies played over history, on equal terms."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from serving.console import Screen
from serving.files import check_page, write_atomically, write_table
from serving.options import BestEffort, DataFolder, OutFile, Quiet, Seed, parse_as_of, run_settings

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.policies import Policy
    from serving.replay import Rules, Window

__all__ = ["add_to"]

EXAMPLE = "fillrate simulate --data my_shop --from 2024-01-01 --rounds 6 --policy fillrate --policy benchmark"
SHOWN = ("policy", "cost", "cost_se", "difference", "difference_se", "fill_rate", "cycle_service", "turns", "lost")

From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="DATE", help="First day of a window; repeat for several. Default: the newest."),
]
Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="NAME[:NUMBER][+FACTOR…]",
        help="Policy to play; repeat for several. Default: fillrate and benchmark. --list-policies names them.",
    ),
]


Rounds = Annotated[int, typer.Option("--rounds", metavar="N", min=1, max=1000, help="Reviews with orders.")]
Periods = Annotated[
    int | None,
    typer.Option("--periods", metavar="P", min=1, help="Periods played. Default: until the last order served."),
]
PaidFrom = Annotated[
    int | None,
    typer.Option(
        "--paid-from", metavar="K", min=1, help="First period paid for. Default: the first that orders can serve."
    ),
]
WarmUp = Annotated[
    str | None,
    typer.Option(
        "--warm-up",
        metavar="NAME[:NUMBER][+FACTOR…]",
        help="Start from the stock that this policy leaves behind. Default: the dataset's stock and open orders.",
    ),
]
WarmUpPeriods = Annotated[int, typer.Option("--warm-up-periods", metavar="W", min=1, help="Periods of the warm-up.")]
RetrainEvery = Annotated[
    int | None,
    typer.Option("--retrain-every", metavar="N", min=1, help="Train anew every N rounds. Default: once, at the start."),
]
ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE.html", help="Report to write: one file, charts inside.")
]


def _list(asked: bool) -> None:
    if asked:
        from optimizer.policy_catalogue import CATALOGUE
        from optimizer.uplift import FACTORS

        screen = Screen()
        for entry in CATALOGUE:
            screen.say(f"{entry.name}: {entry.about}" + (f"; NUMBER: {entry.number}" if entry.number else ""))
        screen.say("NAME+FACTOR… raises or lowers what a policy orders up to, all factors together within ×0.5 … ×1.5:")
        screen.say(", ".join(f"{factor.name} ×{factor.multiplier:g}" for factor in FACTORS))
        raise typer.Exit


ListPolicies = Annotated[
    bool, typer.Option("--list-policies", callback=_list, is_eager=True, help="Name the policies and leave.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("simulate", epilog=f"Example: {EXAMPLE}")(_simulate)


def _simulate(
    data: DataFolder,
    start: From = None,
    rounds: Rounds = 6,
    periods: Periods = None,
    paid_from: PaidFrom = None,
    policy: Policies = None,
    warm_up: WarmUp = None,
    warm_up_periods: WarmUpPeriods = 12,
    retrain_every: RetrainEvery = None,
    out: OutFile = None,
    report: ReportFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
    list_policies: ListPolicies = False,
) -> None:
    """Play policies over history: at each review only what is dated before is known. Orders, costs, service."""
    from optimizer.policy_catalogue import policy_named
    from optimizer.simulation_summary import summary
    from serving.replay import Replay, Rules
    from serving.use_cases import open_dataset

    screen, settings = Screen(quiet), run_settings(seed)
    names = list(dict.fromkeys(policy or ("fillrate", "benchmark")))
    policies = [_renamed(policy_named(name), name) for name in names]
    days = [_day(text) for text in dict.fromkeys(start or ())]
    if report is not None:
        check_page(report)
    rules = Rules(
        rounds, periods, paid_from, policy_named(warm_up) if warm_up else None, warm_up_periods, retrain_every
    )
    if periods is not None and paid_from is not None and paid_from > periods:
        raise UsageError(f"--paid-from {paid_from} is after the last of {periods} periods")
    dataset = open_dataset(data, best_effort, settings, screen.tell)
    with screen.progress() as progress:
        replay = Replay(dataset, settings, progress, screen.tell)
        windows = [replay.play(day, policies, rules) for day in days or [replay.newest_start(rules)]]
    made = {str(window.start): window.outcomes for window in windows}
    table = summary(made, replay.frequency)
    _print(screen, table, windows, dataset.config.currency)
    if out is not None:
        write_table(table, out)
        screen.tell(f"Table written to {out}")
    if report is not None:
        _write_report(report, data, table, windows, rules, warm_up)
        screen.tell(f"Report written to {report}")


def _renamed(policy: "Policy", name: str) -> "Policy":
    """Return the policy under the name that the user wrote, so that two settings of one policy can be told apart."""
    from dataclasses import replace

    return replace(policy, name=name)  # type: ignore[type-var]  # every policy of the catalogue is a dataclass


def _day(text: str) -> date:
    try:
        day = parse_as_of(text)
    except UsageError:
        day = None
    if day is None:
        raise UsageError(f"--from {text!r} is not a date; write it like 2024-04-15")
    return day


def _print(screen: Screen, table: "pd.DataFrame", windows: Sequence["Window"], currency: str) -> None:
    from optimizer.simulation_summary import ALL_WINDOWS

    policies = list(dict.fromkeys(table["policy"]))
    if len(windows) > 1:
        costs = table.pivot(index="window", columns="policy", values="cost")[policies]
        costs = costs.reindex(list(dict.fromkeys(table["window"]))).reset_index()
        screen.table(costs, title=f"Cost by window ({currency})")
        screen.say()
        table = table[table["window"] == ALL_WINDOWS]
    place = f"the window from {windows[0].start}" if len(windows) == 1 else f"all {len(windows)} windows"
    screen.table(table[list(SHOWN)], title=f"Cost and service over {place} (se: one standard error)")
    first, last = table.iloc[0], table.iloc[-1]
    if len(table) > 1 and last["cost"] > 0:
        share = first["cost"] / last["cost"] - 1.0
        screen.say(f"{first['policy']} costs {share:+.1%} against {last['policy']}")


def _write_report(
    path: Path, data: Path, table: "pd.DataFrame", windows: Sequence["Window"], rules: "Rules", warm_up: str | None
) -> None:
    from optimizer.simulation_report import html_report

    opening = "the stock and open orders that the dataset states, or the ledger where it plans from it"
    if warm_up:
        opening = f"the stock that {rules.warm_up_periods} periods of {warm_up} leave behind"
    facts = [
        f"{len(windows[0].series):,} series; orders at {rules.rounds} reviews, {len(windows[0].dates)} periods played, "
        f"paid for from period {windows[0].paid_from} on",
        f"Each window starts from {opening}; at each review only what is dated before is known",
        "Demand is the observed sale; a series' period out of stock is neither sold nor paid in",
        "Standard errors take the series as independent; differences are paired, policy by policy, on the same demand",
    ]
    text = html_report(
        f"Policies over the history of {data.name}",
        facts,
        table,
        {str(window.start): window.outcomes for window in windows},
        {str(window.start): window.dates for window in windows},
    )
    write_atomically(path, lambda temporary: _write_text(text, temporary))


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")

"""`fillrate health`, `slow-movers`, `segments`, `report weekly`: how the stock is, why, and what it calls for."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from serving.console import Screen
from serving.options import AsOf, BestEffort, DataFolder, OutFile, Quiet, Seed, asked, run_settings

if TYPE_CHECKING:
    import pandas as pd

    from serving.alerts.watching import Watched
    from serving.question import Question

__all__ = ["add_to"]

SHOWN = 25
BY = ("all", "category", "location", "sku", "series")

By = Annotated[str, typer.Option("--by", metavar="WHAT", help=f"One row for each of: {', '.join(BY)}.")]
OrderLines = Annotated[
    Path | None,
    typer.Option("--orders", metavar="FILE", help="Order lines (the orders export): which products go together."),
]
ReportFiles = Annotated[
    list[Path], typer.Option("--out", metavar="FILE", help="File to write: .html, .xlsx or .json; may be repeated.")
]
Only = Annotated[str | None, typer.Option("--sku", metavar="SKU", help="This product only.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("health", epilog="Example: fillrate health --data my_shop --by category")(_health)
    app.command("slow-movers", epilog="Example: fillrate slow-movers --data my_shop --orders orders.csv")(_slow_movers)
    app.command("segments", epilog="Example: fillrate segments --data my_shop --out segments.csv")(_segments)
    reports = typer.Typer(help="Reports for people: the week in one page.", no_args_is_help=True)
    reports.command("weekly", epilog="Example: fillrate report weekly --data my_shop --out week.html")(_weekly)
    app.add_typer(reports, name="report")


def _watched(
    data: Path, as_of: str | None, best_effort: bool, seed: int | None, screen: Screen
) -> "tuple[Question, Watched]":
    from serving.alerts.in_force import local_rules
    from serving.alerts.watching import watch
    from serving.ledger_tables import with_local_ledger

    rules = local_rules(run_settings(seed), data)
    question = with_local_ledger(asked(data, as_of, None, best_effort, seed, screen))
    with screen.progress() as progress:
        return question, watch(question, rules, progress, screen.tell)


def _health(
    data: DataFolder,
    as_of: AsOf = None,
    by: By = "all",
    out: OutFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Score the stock from 0 to 100, say what costs the score most, and show the key figures behind it."""
    from monitoring.health import ALERT_BELOW
    from monitoring.kpi import KPIS
    from serving.alerts.health_board import health_board, keep_health
    from serving.files import write_table

    if by not in BY:
        raise UsageError(f"--by {by!r} is not known; choose from {', '.join(BY)}")
    screen = Screen(quiet)
    question, seen = _watched(data, as_of, best_effort, seed, screen)
    table, kpis = health_board(seen, by)
    if out is not None:
        write_table(table.merge(kpis.drop(columns=list({"turnover"} & set(kpis))), on="group"), out)
    screen.table(table.head(SHOWN).round(2))
    if by == "all":
        row = kpis.iloc[0]
        figures = [(name, row[name], words) for name, words in KPIS.items()]
        screen.table(_frame(figures, ["figure", "value", "meaning"]), flexible="meaning")
        score = float(table["score"].iloc[0])
        if score < ALERT_BELOW:
            screen.say(f"The score {score:.1f} is below {ALERT_BELOW:g}: {table['reason'].iloc[0]}")
        _say_trend(screen, keep_health(question, score, table, kpis))


def _say_trend(screen: Screen, trend: "pd.DataFrame") -> None:
    if len(trend) > 1:
        before = trend.iloc[-2]
        screen.say(f"On {before['day']} it was {before['score']:.1f}; {len(trend)} days are stored")


def _slow_movers(
    data: DataFolder,
    as_of: AsOf = None,
    orders: OrderLines = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Find stock that does not move: how bad it is, why, and what to do."""
    from monitoring.fact import Scope
    from monitoring.slow_movers import slow_movers
    from serving.alerts.baskets import partners_out
    from serving.files import write_table

    screen = Screen(quiet)
    _, seen = _watched(data, as_of, best_effort, seed, screen)
    partners = {} if orders is None else partners_out(orders, seen.view)
    found = slow_movers(seen.view, seen.facts[Scope.SERIES], partners=partners)
    if out is not None:
        write_table(found, out)
    columns = ["level", "sku", "location", "dsi_days", "on_hand", "excess_value", "cause", "because"]
    screen.table(found[columns].head(SHOWN), flexible="because")
    counts = ", ".join(f"{count} {name}" for name, count in found["level"].value_counts().items()) or "none"
    screen.say(f"{len(found):,} slow movers of {len(seen.view.series):,} series as of {seen.view.as_of}: {counts}")


def _segments(
    data: DataFolder,
    as_of: AsOf = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Show each product's class (ABC, XYZ), phase of life with its evidence, and the preset that it calls for."""
    from monitoring.fact import Scope
    from monitoring.season import season_table
    from monitoring.segments import segment_table
    from serving.files import write_table

    screen = Screen(quiet)
    _, seen = _watched(data, as_of, best_effort, seed, screen)
    table = segment_table(seen.view)
    if out is not None:
        write_table(table, out)
    counts = table.groupby(["segment", "abc", "xyz"], as_index=False).agg(series=("sku", "size"))
    screen.table(counts)
    shown = table[["sku", "location", "abc", "xyz", "phase", "probability", "evidence"]].head(SHOWN)
    screen.table(shown, flexible="evidence")
    season = season_table(seen.view, seen.facts[Scope.SERIES]["late_lead_time_days"].to_numpy())
    if len(season):
        screen.table(season.round(1), title="Seasons (days from today)")
    else:
        screen.tell("No season is told: it needs two years of history and categories.")


def _weekly(
    data: DataFolder,
    out: ReportFiles,
    as_of: AsOf = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Write the week's report: health, alerts, slow movers, what to restock first, suppliers, market, segments."""
    from serving.alerts.health_board import weekly
    from serving.alerts.report_files import check_suffix, report_bytes
    from serving.files import check_file, write_atomically

    screen = Screen(quiet)
    for path in out:
        check_file(check_suffix(path), "--out")
    question, seen = _watched(data, as_of, best_effort, seed, screen)
    report = weekly(question, seen)
    for path in out:
        content = report_bytes(report, path.suffix.lower())
        write_atomically(path, lambda temporary, content=content: temporary.write_bytes(content))  # type: ignore[misc]
    screen.say(
        f"Week to {report.as_of}: health {report.score:.1f}; {', '.join(os.fspath(path) for path in out)} written"
    )


def _frame(rows: "list[tuple[str, float, str]]", columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)

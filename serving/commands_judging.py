"""`fillrate backtest`: how models did at past days, in losses and in money."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.console import Screen
from serving.files import check_destination, check_page, write_atomically, write_table
from serving.options import (
    AsOf,
    BestEffort,
    DataFolder,
    Horizon,
    OutFile,
    Quiet,
    Seed,
    SettingsFile,
    asked,
    parse_levels,
)

if TYPE_CHECKING:
    import pandas as pd

    from training.evaluation import Evaluation

__all__ = ["add_to"]

SCORES = ["model", "wql", "scaled_pinball", "weighted_scaled_pinball", "crps", "rmsse", "wape", "bias"]
QUALITY = {
    "calibration_error": "coverage error",
    "crossing_rate": "crossing",
    "instability": "instability",
    "simulated_cost": "simulated cost",
}
SECONDS = {"fit_seconds": "fit seconds", "predict_seconds": "predict seconds"}
SEGMENT = ["segment", "group", "rows", "model", "wql", "bias", "calibration_error"]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function, example in (
        (
            "backtest",
            _backtest,
            "fillrate backtest --data my_shop --origins 4 --step 7 --model lightgbm_distribution "
            "--model seasonal_naive --report backtest.html",
        ),
    ):
        app.command(name, epilog=f"Example: {example}")(function)


def _backtest(
    data: DataFolder,
    as_of: AsOf = None,
    horizon: Horizon = None,
    origins: Annotated[int, typer.Option("--origins", min=1, max=52, help="Past days to forecast from.")] = 2,
    step: Annotated[
        int | None,
        typer.Option("--step", min=1, metavar="N", help="Periods between two origins. Default: a horizon."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="Model to judge; may be repeated. Default: the usual three."),
    ] = None,
    levels: Annotated[
        str | None, typer.Option("--levels", metavar="L,L,…", help="Levels to judge. Default: 0.05, 0.1 … 0.9, 0.95.")
    ] = None,
    settings_file: SettingsFile = None,
    segments: Annotated[bool, typer.Option("--segments", help="Also print the scores by segment.")] = False,
    out: OutFile = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="HTML page with tables and pictures to write.")
    ] = None,
    track: Annotated[bool, typer.Option("--track", help="Log scores, tables and page as an MLflow run.")] = False,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Score models at rolling origins, in losses and simulated cost, by segment; registers nothing."""
    screen = Screen(quiet)
    wanted = parse_levels(levels) if levels else None
    if out is not None:
        check_destination(out)
    if report is not None:
        check_page(report)
    question = asked(data, as_of, horizon, best_effort, seed, screen)
    from serving import judging

    settings = judging.recipe(question, settings_file)
    with screen.progress() as progress:
        found = judging.backtest(question, model or [], origins, step, wanted, settings, progress)
    _print(screen, found, f"Backtest before {question.as_of}, {question.horizon} periods ahead", segments)
    if out is not None:
        write_table(found.scores, out)
        screen.tell(f"Scores written to {out}")
    page = judging.backtest_page(question, found) if report is not None or track else ""
    if report is not None:
        write_atomically(report, lambda path: _write_page(path, page))
        screen.tell(f"Report written to {report}")
    if track:
        screen.say(f"MLflow run {judging.track_backtest(question, found, page)}")


def _write_page(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")


def _print(screen: Screen, found: "Evaluation", title: str, segments: bool) -> None:
    summary = found.summary
    screen.table(_shown(summary, dict(zip(SCORES, SCORES, strict=True))), title=title)
    screen.say()
    screen.table(_shown(summary, {"model": "model", **QUALITY}), title="Calibration, stability, money")
    screen.say()
    saved = {str(name): f"saved {str(name).removeprefix('skill_')}" for name in summary if "skill_vs_" in str(name)}
    screen.table(_shown(summary, {"model": "model", **SECONDS, **saved}), title="Seconds an origin, pinball saved")
    screen.say()
    for row in found.differences.to_dict("records"):
        screen.say(
            f"{row['model']} against {row['against']}: pinball {_interval(row, 'pinball')}"
            + (f"; simulated cost {_interval(row, 'cost')}" if row["cost"] == row["cost"] else "")
        )
    if segments:
        screen.say()
        table = found.by_segment.sort_values(["segment", "group", "wql"], kind="stable")
        screen.table(table[SEGMENT], title="By segment")


def _shown(table: "pd.DataFrame", names: dict[str, str]) -> "pd.DataFrame":
    known = {name: word for name, word in names.items() if name == "model" or table[name].notna().any()}
    return table[list(known)].rename(columns=known)


def _interval(row: dict[str, float], name: str) -> str:
    return f"{row[name]:+.1%} [{row[f'{name}_low']:+.1%} … {row[f'{name}_high']:+.1%}]"

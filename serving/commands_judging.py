"""`fillrate backtest | tune | drift | explain`: how good models are, how to make them better, and why they say so."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from serving.console import Screen
from serving.files import check_file, check_page, write_atomically, write_table
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
    parse_day,
    parse_levels,
)

if TYPE_CHECKING:
    import pandas as pd

    from training.drift import DriftSettings
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
        ("tune", _tune, "fillrate tune --data my_shop --trials 30 --timeout 3600 --out settings.json"),
        ("drift", _drift, "fillrate drift --data my_shop --out drift.json"),
        ("explain", _explain, "fillrate explain SKU-01 --data my_shop --date 2024-04-20"),
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


def _tune(
    data: DataFolder,
    as_of: AsOf = None,
    horizon: Horizon = None,
    trials: Annotated[int, typer.Option("--trials", min=1, max=10_000, help="Settings to try, at most.")] = 30,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=0, metavar="SECONDS", help="No trial begins after so long.")
    ] = None,
    origins: Annotated[int, typer.Option("--origins", min=3, max=52, help="Past days to judge each trial from.")] = 3,
    costly: Annotated[
        bool, typer.Option("--critical", help="Judge by pinball at the dataset's cost-critical level only.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the search of the same question.")] = False,
    settings_file: SettingsFile = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="JSON of the best settings, for `fillrate train --settings`.")
    ] = Path("settings.json"),
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Search for better training settings on rolling origins of the history; Ctrl-C loses the trial at work only."""
    screen = Screen(quiet)
    if out.suffix.lower() != ".json":
        raise UsageError(f"--out {out}: settings are JSON; end the name in .json")
    check_file(out, "--out")
    question = asked(data, as_of, horizon, best_effort, seed, screen)
    from serving import tuning

    with screen.progress() as progress:
        found = tuning.tune(
            question,
            trials=trials,
            seconds=timeout,
            origins=origins,
            costly=costly,
            resume=resume,
            file=settings_file,
            progress=progress,
        )
    write_atomically(out, lambda path: _write_page(path, tuning.settings_file(found)))
    tuned, level = found.tuned, found.level
    states = tuned.trials["state"].value_counts()
    screen.table(tuned.trials.nsmallest(5, "loss").iloc[:, :8], title="Best trials")
    objective = "pinball over all levels" if level is None else f"pinball at {level:g}"
    screen.say(
        f"{len(tuned.trials)} trials ({int(states.get('pruned', 0))} dropped early) from {', '.join(tuned.origins)}: "
        f"{objective} {tuned.loss:.4g} against {tuned.shipped:.4g} before ({tuned.gain:+.2%} saved); MLflow run "
        f"{found.run_id}. Next: fillrate train --data {data} --settings {out}"
    )


def _drift(
    data: DataFolder,
    as_of: AsOf = None,
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="A number, champion or challenger.")
    ] = "champion",
    bounds_file: Annotated[
        Path | None, typer.Option("--bounds", metavar="FILE", help="JSON of the bounds, where not as shipped.")
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Compare the champion's errors, coverage and inputs since it learned with what its backtest promised."""
    screen = Screen(quiet)
    bounds = None if bounds_file is None else _bounds(bounds_file)
    question = asked(data, as_of, None, best_effort, None, screen)
    from serving.model_health import champion_drift

    with screen.progress() as progress:
        found, judged = champion_drift(question, version, bounds, progress)
    screen.table(found.table[~found.table["name"].str.startswith("input ")], title=f"Version {judged.version}")
    screen.say()
    screen.table(found.inputs.head(8), title="Inputs that moved most")
    screen.say(
        f"{found.verdict}: version {judged.version} learned up to {judged.as_of}; "
        f"{found.rows:,} series-periods were observed since"
    )
    if out is not None:
        write_table(found.table.assign(version=judged.version, model_as_of=str(judged.as_of)), out)


def _bounds(path: Path) -> "DriftSettings":
    from training.drift import DriftSettings
    from training.recipe import filled, read_facts

    return filled(DriftSettings(), read_facts(path, "--bounds"), f"--bounds {path}")


def _explain(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="The item.")],
    data: DataFolder,
    location: Annotated[
        str | None, typer.Option("--location", metavar="NAME", help="Where; needed where it is sold at several places.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", metavar="DATE", help="Day to explain. Default: the first one forecast.")
    ] = None,
    as_of: AsOf = None,
    horizon: Horizon = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Say why an item's mean forecast is what it is: what each kind of fact adds, in units and in words."""
    screen = Screen(quiet)
    wanted = parse_day(day, "--date")
    question = asked(data, as_of, horizon, best_effort, seed, screen)
    from serving.model_health import explain_series

    with screen.progress() as progress:
        found, model = explain_series(question, sku, location, wanted, progress, screen.tell)
    for line in found.sentences:
        screen.say(line)
    screen.say(f"{found.sku} at {found.location}, by {model}")
    if out is not None:
        write_table(found.to_frame(), out)


def _write_page(path: Path, page: str) -> None:
    path.write_text(page, encoding="utf-8")


def _print(screen: Screen, found: "Evaluation", title: str, segments: bool) -> None:
    summary = found.summary
    screen.table(_shown(summary, dict(zip(SCORES, SCORES, strict=True))), title=title)
    screen.say()
    screen.table(_shown(summary, {"model": "model", **QUALITY}), title="Calibration, stability, money")
    screen.say()
    saved = {
        str(name): f"saved vs {str(name).removeprefix('skill_vs_')}" for name in summary if "skill_vs_" in str(name)
    }
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

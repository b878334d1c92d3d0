"""The command line's words made values: days, levels, amounts; each refusal says what would be right."""

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from core.settings import Settings
from serving.files import check_destination

if TYPE_CHECKING:
    from serving.console import Screen
    from serving.question import Question

__all__ = [
    "Across",
    "AsOf",
    "BestEffort",
    "Budget",
    "DataFolder",
    "ForecastFile",
    "Horizon",
    "Levels",
    "OutFile",
    "Paths",
    "PathsFile",
    "Quiet",
    "Seed",
    "SettingsFile",
    "asked",
    "check_apart",
    "check_budget",
    "check_paths",
    "parse_as_of",
    "parse_day",
    "parse_levels",
    "run_settings",
    "table_file",
]

MOST_PATHS = 10_000
MOST_PATH_ROWS = 50_000_000
"""Rows of a table of sample paths: some two gigabytes while it is written."""


def table_file(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """Return the file that an option names for a table; raises as `check_destination` does.

    The callback of such options: it is called before any work, so that nobody waits minutes to be told of a misspelt
    folder.
    """
    return None if path is None else check_destination(path, option.opts[0])


DataFolder = Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder of the dataset's tables.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="First day not yet observed. Default: the day after the newest sales."
    ),
]
Horizon = Annotated[
    int | None,
    typer.Option("--horizon", metavar="N", help="Periods ahead, 1 … 365. Default: 28 days or 8 weeks."),
]
Levels = Annotated[
    str,
    typer.Option("--levels", metavar="L,L,…", help="Quantile levels between 0.001 and 0.999, with commas between."),
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", callback=table_file, help="Table to write: .csv, .parquet or .json by its suffix."
    ),
]
ForecastFile = Annotated[
    Path | None,
    typer.Option("--forecast-out", metavar="FILE", callback=table_file, help="Also write the forecast under the plan."),
]
PathsFile = Annotated[
    Path | None,
    typer.Option(
        "--paths-out",
        metavar="FILE",
        callback=table_file,
        help="Also write joint sample paths: sku, location, path, date, units.",
    ),
]
Paths = Annotated[int, typer.Option("--paths", metavar="N", help="Sample paths a series in --paths-out, 2 … 10,000.")]
Across = Annotated[
    bool,
    typer.Option("--across", help="Path p of one series belongs to path p of the others, as totals need it."),
]
Budget = Annotated[
    float | None,
    typer.Option(
        "--budget",
        metavar="MONEY",
        help="What all orders together may cost; 0 = unlimited. Default: dataset.toml.",
    ),
]
BestEffort = Annotated[
    bool,
    typer.Option(
        "--best-effort", help="Leave bad rows out (written with reasons to DIR/rejected) instead of stopping."
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", min=0, help="Of everything random. Default: FILLRATE_SEED."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="How to train: the JSON that `fillrate tune` writes, or a part."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr.")]


def parse_as_of(text: str | None) -> date | None:
    """Return the day that `--as-of` names; raises UsageError for what is no ISO date."""
    return parse_day(text, "--as-of")


def parse_day(text: str | None, option: str) -> date | None:
    """Return the day that an option names; raises UsageError for what is no ISO date."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is None:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a date; write it like 2024-04-15") from None


def parse_levels(text: str) -> tuple[float, ...]:
    """Return rising quantile levels from `0.05,0.5,0.95`; raises UsageError for a word that is no level."""
    from core.types import check_levels

    levels: tuple[float, ...] = ()
    for word in filter(None, map(str.strip, text.split(","))):
        try:
            levels += (float(word),)
        except ValueError:
            raise UsageError(f"--levels {text!r}: {word!r} is not a number; give levels like 0.05,0.5,0.95") from None
    if not levels:
        raise UsageError("--levels is empty; give levels like 0.05,0.5,0.95")
    return check_levels(levels)


def run_settings(seed: int | None) -> Settings:
    """Return the environment's settings, with the seed of the command line where one is given."""
    settings = Settings.from_environment(os.environ)
    return settings if seed is None else replace(settings, seed=seed)


def asked(
    data: Path, as_of: str | None, horizon: int | None, best_effort: bool, seed: int | None, screen: "Screen"
) -> "Question":
    """Return what a command's words ask about a dataset, which is read and checked; raises what is wrong with them."""
    from serving import use_cases

    day, settings = parse_as_of(as_of), run_settings(seed)
    use_cases.check_horizon(horizon)
    dataset = use_cases.open_dataset(data, best_effort, settings, screen.tell)
    return use_cases.ask(dataset, day, horizon, settings)


def check_budget(budget: float | None) -> float | None:
    """Return the budget; raises UsageError for one that is negative or no number."""
    if budget is not None and not 0 <= budget < float("inf"):
        raise UsageError(f"--budget {budget} is not an amount; give 0 (unlimited) or more")
    return budget


def check_apart(out: Path | None, other: Path | None, option: str) -> None:
    """Raise UsageError where `option` names the file of `--out`."""
    if out is not None and other is not None and out.resolve() == other.resolve():
        raise UsageError(f"--out and {option} both name {out}; give each table a file of its own")


def check_paths(paths: int, series: int, horizon: int) -> int:
    """Return the sample paths to draw; raises UsageError for too few, too many, or more rows than a file bears."""
    if not 2 <= paths <= MOST_PATHS:
        raise UsageError(f"--paths {paths} is out of range; give 2 … {MOST_PATHS:,}")
    rows = paths * series * horizon
    if rows > MOST_PATH_ROWS:
        bearable = MOST_PATH_ROWS // (series * horizon)
        remedy = f"give --paths {bearable} or less" if bearable >= 2 else "give a shorter --horizon"
        raise UsageError(
            f"{paths:,} paths of {series:,} series × {horizon} periods are {rows:,} rows, "
            f"more than {MOST_PATH_ROWS:,}; {remedy}"
        )
    return paths

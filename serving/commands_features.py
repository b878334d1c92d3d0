"""`fillrate features`: what models learn from, in words, and which of it a dataset turns on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.console import Screen
from serving.files import write_table
from serving.options import AsOf, BestEffort, Horizon, OutFile, Quiet, parse_as_of, run_settings

if TYPE_CHECKING:
    from features.panel import Panel

__all__ = ["add_to"]

EXAMPLES = """
Examples:

  fillrate features

  fillrate features --data my_shop --out features.csv
"""


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("features", epilog=EXAMPLES)(_features)


def _features(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder of the dataset's tables: says what is on for it, and why."),
    ] = None,
    as_of: AsOf = None,
    horizon: Horizon = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """List the blocks of features and their columns; with --data also which are off for it and why."""
    from features.listing import list_blocks, list_columns, list_signals
    from serving import use_cases

    screen = Screen(quiet)
    panel: Panel | None = None
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    day, periods = parse_as_of(as_of), use_cases.check_horizon(horizon) or 1
    if data is not None:
        settings = run_settings(None)
        dataset = use_cases.open_dataset(data, best_effort, settings, screen.tell)
        question = use_cases.ask(dataset, day, horizon, settings)
        panel, periods = question.panel, question.horizon
        off, on = dataset.config.features.off, dataset.config.features.on
    blocks = list_blocks(panel, periods, off, on)
    columns = list_columns(panel, periods, off, on)
    screen.table(blocks[["block", "on", "columns", "rules", "about"]], title="Blocks of features", flexible="about")
    for row in blocks[blocks["why"] != ""].itertuples():
        screen.say(f"{row.block} is off: {row.why} (it needs {row.needs})")
    if panel is not None and panel.signals:
        screen.table(list_signals(panel, off, on), title="Signals that are known only afterwards", flexible="remark")
    screen.table(columns, title=f"{len(columns)} columns", flexible="meaning")
    if out is not None:
        write_table(columns.merge(blocks[["block", "rules", "needs"]], on="block"), out)
        screen.tell(f"Columns written to {out}")

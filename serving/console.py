"""What people see: sentences and progress on stderr, results on stdout, nothing that moves where nobody
looks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from core.progress import Progress as Report
from core.progress import silent

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Screen"]

PLAIN_WIDTH = 130
"""Columns where the output is a file or a pipe, which has no width of its own."""


class Screen:
    """stdout and stderr as the command line uses them; `quiet` keeps stderr for errors only."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.out = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, soft_wrap=False, highlight=False)
        self.err = Console(stderr=True, width=None if sys.stderr.isatty() else 10_000, highlight=False)

    def tell(self, sentence: str) -> None:
        """Write a remark to stderr, unless quiet."""
        if not self.quiet:
            self.err.print(sentence, markup=False, style="dim", soft_wrap=True)

    def fail(self, message: str) -> None:
        """Write an error to stderr."""
        self.err.print(f"error: {message}", markup=False, soft_wrap=True)

    def say(self, sentence: str = "") -> None:
        """Write a line of a result to stdout."""
        self.out.print(sentence, markup=False, soft_wrap=True)

    def table(self, frame: "pd.DataFrame", title: str | None = None, flexible: str = "reason") -> None:
        """Print a table; numbers to the right, and only the column `flexible` may be folded."""
        shown = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for name in frame:
            number = frame[name].dtype.kind in "iuf"
            shown.add_column(
                str(name), justify="right" if number else "left", no_wrap=name != flexible, overflow="fold"
            )
        for row in frame.itertuples(index=False):
            shown.add_row(*(_cell(value) for value in row))
        self.out.print(shown)

    @contextmanager
    def progress(self) -> Iterator[Report]:
        """Yield what long work reports to: a bar on a terminal's stderr, nothing elsewhere."""
        if self.quiet or not sys.stderr.isatty():
            yield silent
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True) as bars:
            task = bars.add_task("start", total=1.0)
            yield lambda step, done: bars.update(task, description=step, completed=done)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
    if isinstance(value, datetime):
        return str(value.date())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

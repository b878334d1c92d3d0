"""`fillrate import orders` and `fillrate validate`: real exports and tables, before any model."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.settings import Settings
from serving.commands_import import add_to_group
from serving.console import Screen
from serving.options import BestEffort, Quiet

if TYPE_CHECKING:
    from inventory.orders_import import ImportReport
    from inventory.profile import DatasetProfile

__all__ = ["add_to", "print_import", "print_profile"]

IMPORT_EXAMPLES = """
Examples:

  fillrate import orders orders.csv --out my_shop

  fillrate import orders export.xlsx.csv --out my_shop --map "sku=Item,quantity=Qty,date=Sold on"
"""
VALIDATE_EXAMPLES = """
Examples:

  fillrate validate my_shop

  fillrate validate my_shop --best-effort
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(help="Turn real exports and reports into tables of a dataset.", no_args_is_help=True)
    add_to_group(group)
    group.command("orders", epilog=IMPORT_EXAMPLES)(_import_orders)
    app.add_typer(group, name="import")
    app.command("validate", epilog=VALIDATE_EXAMPLES)(_validate)


def _import_orders(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Orders export: one line an item sold.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the dataset's tables.")],
    mapping: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="OURS=THEIRS,…",
            help="Which column is which, where the names are not recognised.",
        ),
    ] = None,
    drop_repeats: Annotated[
        bool, typer.Option("--drop-repeats", help="Count exactly repeated lines as duplicates, not as sales.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace tables of the same name in DIR.")] = False,
    quiet: Quiet = False,
) -> None:
    """Turn an orders export into sales, products, returns and prices; every line is accounted for."""
    from serving import use_cases

    screen = Screen(quiet)
    with screen.progress() as progress:
        report = use_cases.import_orders(
            file, out, mapping=mapping, drop_repeats=drop_repeats, overwrite=overwrite, progress=progress
        )
    print_import(screen, report)
    screen.say(f"Dataset written to {out}. Next: fillrate validate {out}")


def print_import(screen: Screen, report: "ImportReport") -> None:
    """Print where every line of an export went, and that the buckets add up."""
    import pandas as pd

    rows = [
        {"bucket": name, "lines": total.lines, "units": float(total.units), "revenue": float(total.revenue)}
        for name, total in [*report.buckets.items(), ("total", report.total)]
    ]
    screen.table(pd.DataFrame(rows), title=f"{report.source}: {report.total.lines:,} lines")
    screen.say(
        f"{report.skus:,} SKUs, {report.first_date} … {report.last_date}; {report.repeats:,} exact repeats; "
        f"{len(report.quick_cancellations):,} orders cancelled within minutes"
    )
    for warning in report.warnings:
        screen.tell(warning)


def _validate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the dataset's tables.")],
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Check every table of a dataset and print a short profile."""
    from inventory.profile import profile_dataset
    from serving import use_cases

    screen = Screen(quiet)
    settings = Settings.from_environment(os.environ)
    dataset = use_cases.open_dataset(folder, best_effort, settings, screen.tell)
    print_profile(screen, profile_dataset(dataset))


def print_profile(screen: Screen, profile: "DatasetProfile") -> None:
    """Print a dataset's size, dates and shares, and what looks wrong."""
    p = profile
    revenue = "" if p.revenue is None else f", {p.revenue:,.2f} {p.currency}"
    screen.say(f"tables      {', '.join(f'{name} ({rows:,})' for name, rows in p.tables.items())}")
    screen.say(f"series      {p.series:,} ({p.skus:,} SKUs, {p.locations:,} locations)")
    screen.say(f"dates       {p.first_date} … {p.last_date}, {p.periods:,} periods of frequency {p.frequency}")
    screen.say(f"sales       {p.units:,.0f} units{revenue}")
    screen.say(f"zero        {p.zero_share:.1%} of periods without sales; stock-out in {p.stockout_share:.1%} of rows")
    screen.say(
        f"gaps        {p.missing_periods:,} missing periods in {p.series_with_gaps:,} series; "
        f"{p.silent_periods:,} periods in which nothing sold at all"
    )
    for item in p.suspicious:
        examples = f": {'; '.join(item.examples)}" if item.examples else ""
        screen.say(f"suspicious  {item.count:,} {item.what}{examples}")
    screen.say("The dataset is valid." if not p.rejected else "The dataset is valid without the rows left out.")

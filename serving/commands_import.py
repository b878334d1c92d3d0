"""`fillrate import KIND FILE…`: marketplace reports, market tools' answers and any other table into a dataset."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from core.settings import Settings
from inventory.imports.layout import OTHER_KINDS, layout_names
from serving.console import Screen
from serving.files import check_file, write_atomically
from serving.options import BestEffort, Quiet, parse_as_of

if TYPE_CHECKING:
    from inventory.imports.account import ImportAccount
    from inventory.imports.settings import ImportSettings
    from inventory.moment_text import DateOrder
    from serving.imports.folder_import import FolderImport

__all__ = ["add_to_group", "print_account"]

EXAMPLES = """
Examples:

  fillrate import {kind} report.txt --out my_shop

  fillrate import {kind} january.txt february.txt --out my_shop --location fba --best-effort
"""
GENERIC_EXAMPLES = """
Examples:

  fillrate import generic lager.xlsx --table stock --map "sku=Artikel" --set date=2026-12-01 --out my_shop

  fillrate import generic lager.xlsx --table stock --map "sku=Artikel" --save-mapping lager.toml --out my_shop

  fillrate import generic next_week.xlsx --mapping lager.toml --out my_shop
"""
Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Reports of one kind, in any text format or XLSX.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of tables; those there are merged.")]
Check = Annotated[bool, typer.Option("--check", help="Judge the files and print the account; write nothing.")]
Map = Annotated[
    str | None,
    typer.Option("--map", metavar="OURS=THEIRS,…", help="Which column is which, where names are not recognised."),
]
Dates = Annotated[
    str, typer.Option("--dates", metavar="auto|dmy|mdy", help="Order of dates with slashes, where files allow both.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="The files' rows are the whole table; nothing is merged.")]


def add_to_group(group: typer.Typer) -> None:
    """Add a command a kind of report, and `--list`, to the group `import`."""
    group.callback(invoke_without_command=True)(_group)
    for kind in sorted([*layout_names(), *OTHER_KINDS]):
        if kind == "generic":
            group.command(kind, epilog=GENERIC_EXAMPLES)(_import_generic)
        else:
            words = f"Import {kind} files; every row is accounted for. `fillrate import --list` says what they become."
            group.command(kind, help=words, epilog=EXAMPLES.format(kind=kind))(_import_kind)


def _group(
    context: typer.Context,
    listed: Annotated[bool, typer.Option("--list", help="List the kinds: whose report, and what it becomes.")] = False,
) -> None:
    """Turn real exports and reports into tables of a dataset."""
    if listed:
        _list_kinds(Screen())
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def _list_kinds(screen: Screen) -> None:
    from inventory.imports.importing import kind_title
    from inventory.imports.layout import import_kinds

    screen.say("orders: any export of order lines → sales, products, returns (fillrate import orders --help)")
    for kind in import_kinds():
        report, title, becomes = kind_title(kind)
        screen.say(f"{kind}: {title} → {becomes} [{report}]")


def _import_kind(
    context: typer.Context,
    files: Files,
    out: Out = None,
    check: Check = False,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="Day of a report that names none; of an export: its download."),
    ] = None,
    mapping: Map = None,
    location: Annotated[str, typer.Option("--location", metavar="NAME", help="Where the report's stock is.")] = "main",
    channel: Annotated[str, typer.Option("--channel", metavar="NAME", help="Channel of listings.")] = "amazon",
    time_zone: Annotated[
        str, typer.Option("--time-zone", metavar="NAME", help="Of days. Default: dataset.toml's, else UTC.")
    ] = "",
    dates: Dates = "auto",
    inbound_days: Annotated[
        int | None,
        typer.Option("--inbound-days", metavar="N", min=0, help="Units on their way arrive so many days later."),
    ] = None,
    sku: Annotated[str | None, typer.Option("--sku", metavar="SKU", help="keepa: whose product it is.")] = None,
    competitor: Annotated[
        bool, typer.Option("--competitor", help="keepa: another seller's product, which competes with --sku.")
    ] = False,
    replace_series: Annotated[
        bool, typer.Option("--replace-series", help="google-trends: earlier exports of the same terms give way.")
    ] = False,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="ledger-…: also record the movements in this machine's stock ledger, once.")
    ] = False,
    overwrite: Overwrite = False,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    from inventory.imports.settings import ImportSettings
    from inventory.order_columns import parse_mapping
    from serving.imports.home_headers import headers_at

    kind = str(context.info_name)
    settings = ImportSettings(
        location=location,
        channel=channel,
        day=parse_as_of(date),
        date_order=_order(dates),
        time_zone=time_zone,
        mapping=parse_mapping(mapping) if mapping else {},
        headers=headers_at(Settings.from_environment(os.environ).home, kind),
        inbound_days=inbound_days,
        sku=sku,
        competitor=competitor,
        replace_series=replace_series,
    )
    done = _run(kind, files, _target(out, check), settings, None, best_effort, overwrite, quiet)
    if ledger and not check:
        from serving.imports.folder_import import record_locally

        recorded = record_locally(done.imported, Settings.from_environment(os.environ), datetime.now(UTC))
        Screen(quiet).say(f"ledger    {recorded.new:,} movements new, {recorded.repeated:,} known before")


def _import_generic(
    files: Files,
    out: Out = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="NAME", help="Which table of the dataset the file is.")
    ] = None,
    mapping: Map = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=TEXT", help="A column that is the same in all rows.")
    ] = None,
    saved: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE.toml", help="Saved table, columns and constants.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save-mapping", metavar="FILE.toml", help="Save the mapping that was used.")
    ] = None,
    dates: Dates = "auto",
    check: Check = False,
    overwrite: Overwrite = False,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Import any file as any table of the dataset, by a mapping that can be saved and used again."""
    from inventory.imports.generic import SavedMapping, read_mapping
    from inventory.imports.settings import ImportSettings
    from inventory.order_columns import parse_mapping

    if (table is None) == (saved is None):
        raise UsageError("say which table the file is, by one of --table NAME and --mapping FILE.toml")
    if saved is not None:
        if not saved.is_file():
            raise UsageError(f"--mapping {saved} is not a file; --save-mapping writes one")
        told = read_mapping(saved.name, saved.read_text(encoding="utf-8"))
    else:
        told = SavedMapping(str(table), date_order=_order(dates))
    columns = {**told.columns, **(parse_mapping(mapping) if mapping else {})}
    pairs = {**told.constants, **{name: word for item in constants or () for name, word in parse_mapping(item).items()}}
    told = SavedMapping(told.table, columns, pairs, told.date_order)
    if save is not None:
        check_file(save, "--save-mapping")
    settings = ImportSettings(date_order=told.date_order, mapping=columns, time_zone="")
    done = _run("generic", files, _target(out, check), settings, told, best_effort, overwrite, quiet)
    if save is not None:
        used = SavedMapping(told.table, done.imported.account.columns, pairs, told.date_order)
        write_atomically(save, lambda path: _write_text(path, used.text()))
        Screen(quiet).say(f"Mapping saved to {save}")


def _run(
    kind: str,
    files: list[Path],
    out: Path | None,
    settings: "ImportSettings",
    mapping: object,
    best_effort: bool,
    overwrite: bool,
    quiet: bool,
) -> "FolderImport":
    from inventory.imports.generic import SavedMapping
    from serving.imports.folder_import import import_to_folder

    screen = Screen(quiet)
    with screen.progress() as progress:
        done = import_to_folder(
            kind,
            files,
            out,
            settings,
            mapping=mapping if isinstance(mapping, SavedMapping) else None,
            best_effort=best_effort,
            overwrite=overwrite,
            progress=progress,
        )
    print_account(screen, done.imported.account, done.rows)
    if out is not None:
        screen.say(f"Written to {out}. Next: fillrate validate {out}")
    return done


def print_account(screen: Screen, account: "ImportAccount", rows: dict[str, int]) -> None:
    """Print where every row of an import went, the tables made, and what to look at."""
    for facts in account.files:
        text = f", {facts.encoding}" if facts.encoding else ""
        screen.say(f"{facts.name}: {facts.rows:,} rows ({facts.form}{text})")
    screen.say(f"read      {account.rows_read:,}")
    screen.say(f"kept      {account.rows_kept:,}")
    for reason, count in account.rows_skipped.items():
        screen.say(f"left out  {count:,}  {reason}")
    screen.say(f"refused   {account.rows_refused:,}")
    for table, count in account.tables.items():
        now = f", {rows[table]:,} in the table now" if table in rows else ""
        screen.say(f"table     {table}: {count:,} rows{now}")
    if account.first_date:
        screen.say(f"dates     {account.first_date} … {account.last_date}")
    if account.unknown_columns:
        screen.tell(f"unknown columns, kept in reports/: {', '.join(account.unknown_columns)}")
    for warning in account.warnings:
        screen.tell(warning)


def _target(out: Path | None, check: bool) -> Path | None:
    if out is None and not check:
        raise UsageError("say where the tables go: --out DIR; or --check to judge the files only")
    return None if check else out


def _order(dates: str) -> "DateOrder":
    from inventory.moment_text import DateOrder

    if dates not in list(DateOrder):
        raise UsageError(f"--dates {dates}: write {', '.join(DateOrder)}")
    return DateOrder(dates)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

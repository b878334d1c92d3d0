"""`fillrate ledger`: does the stock ledger of this machine add up, day by day?"""

import os
from typing import Annotated

import typer

from core.settings import Settings
from serving.commands_money import print_table, write_out
from serving.console import Screen
from serving.options import OutFile, Quiet

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("ledger", epilog="Example: fillrate ledger --sku LAMP-1")(_ledger)


def _ledger(
    sku: Annotated[
        list[str] | None, typer.Option("--sku", metavar="SKU", help="Also the balances of this sku; may be repeated.")
    ] = None,
    tenant: Annotated[str, typer.Option("--tenant", metavar="NAME", help="Whose ledger.")] = "local",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the positions anew from the movements, where they differ.")
    ] = False,
    out: OutFile = None,
    quiet: Quiet = False,
) -> None:
    """Check the stock ledger: start + in - out = end on every day, and today's position is the sum of all movements."""
    from inventory.ledger.book import rebuild_positions
    from serving.alerts.local import local_database
    from serving.ledger_check import check_ledger

    screen = Screen(quiet)
    with local_database(Settings.from_environment(os.environ)) as database:
        with database.reading() as connection:
            found = check_ledger(connection, tenant, sku or None)
        wrong = 0
        if rebuild and not found.sound:
            with database.transaction() as connection:
                wrong = rebuild_positions(connection, tenant)
    if sku:
        print_table(screen, found.balances, "Balances of each day with movements")
    if len(found.below):
        print_table(screen, found.below, "Days that end below zero: what came in was told with a later day")
    if not found.sound:
        print_table(screen, found.astray, "Positions that are not the sum of their movements")
    write_out(screen, found.balances, out)
    count = f"{found.movements:,} movements, {len(found.balances):,} balances of a day"
    screen.say(f"{count}; {len(found.astray):,} positions astray")
    if wrong:
        screen.say(f"{wrong:,} positions made anew from the movements")
    elif not found.sound:
        raise typer.Exit(3)

"""`fillrate fees | profit`: what stock costs and earns."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.console import Screen
from serving.files import check_file, write_atomically, write_table
from serving.options import AsOf, BestEffort, DataFolder, OutFile, Quiet, parse_as_of, run_settings, table_file

if TYPE_CHECKING:
    import pandas as pd

    from inventory.dataset import Dataset
    from inventory.profit.profit_table import ProfitFacts
    from serving.money import Books, FeeOptions

__all__ = ["add_to", "open_data", "print_table", "shown", "write_out"]

SHOWN = 20
FEES = {
    "monthly_storage": "storage",
    "storage_utilisation": "utilisation",
    "aged_inventory": "aged",
    "low_inventory": "low stock",
    "total": "total",
}
FEES_SHOWN = {
    **{"sku": "sku", "location": "location", "on_hand": "on hand", "days_of_supply": "days"},
    **FEES,
    **{"sold": "sold", "idle_units": "idle", "idle_fees": "idle fees"},
}
CURVE_SHOWN = {"location": "location", "units": "units", **FEES, "a_unit": "a unit"}
PROFIT_SHOWN = {
    **{"sku": "sku", "location": "location", "price": "price", "landed_cost": "landed", "referral": "referral"},
    **{"fulfilment": "fulfilment", "storage": "storage", "returns": "returns", "margin": "margin"},
    **{"margin_share": "share", "break_even": "break-even", "floor_price": "floor", "roi": "ROI", "gmroi": "GMROI"},
}
NODES_SHOWN = {
    **{"sku": "sku", "location": "location", "warehouse": "warehouse", "to_buy": "to buy"},
    **{"break_even_days": "from day", "direct": "direct", "by_warehouse": "by warehouse", "cost": "cost"},
    **{"cost_direct": "all direct", "saving": "saving"},
}
WAYS_SHOWN = {
    **{"sku": "sku", "location": "location", "supplier": "supplier", "mode": "mode", "lead_time_days": "days"},
    **{"unit_cost": "goods", "freight_cost": "freight", "duty": "duty", "placement": "placement"},
    **{"capital_in_transit": "capital", "order_share": "order", "landed_cost": "landed", "extra": "extra"},
}
Days = Annotated[int, typer.Option("--days", metavar="N", help="Days ahead that fees are projected, 1 … 730.")]
Forecast = Annotated[
    Path | None,
    typer.Option("--forecast", metavar="FILE", help="Forecast table. Default: the mean of the last 28 days goes on."),
]
FeeTables = Annotated[
    Path | None,
    typer.Option("--fee-tables", metavar="DIR", help="Own rate tables (TOML), in place of the shipped ones."),
]
RatesYear = Annotated[
    int | None,
    typer.Option("--rates-year", metavar="YEAR", min=2000, max=2100, help="Whose rates count. Default: the data's."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function, example in (
        ("fees", _fees, "fillrate fees --data my_shop --days 90 --out fees.csv"),
        ("profit", _profit, "fillrate profit --data my_shop --by category --out profit.csv"),
    ):
        app.command(name, epilog=f"Example: {example}")(function)


def _fees(
    data: DataFolder,
    as_of: AsOf = None,
    days: Days = 90,
    forecast: Forecast = None,
    fee_tables: FeeTables = None,
    rates_year: RatesYear = None,
    curve: Annotated[
        str | None, typer.Option("--curve", metavar="SKU", help="Also what levels of this sku's stock would cost.")
    ] = None,
    movements: Annotated[
        Path | None,
        typer.Option("--movements", metavar="FILE", help="Losses (sku, date, kind, units): lists what can be claimed."),
    ] = None,
    reimbursements: Annotated[
        Path | None, typer.Option("--reimbursements", metavar="FILE", help="What was paid (sku, date, units).")
    ] = None,
    billed: Annotated[
        Path | None,
        typer.Option("--billed", metavar="FILE", help="What was charged (sku, fee, month, amount): lists wrong bills."),
    ] = None,
    nodes: Annotated[
        bool, typer.Option("--nodes", help="Also which part of what is still to buy should wait at a warehouse.")
    ] = False,
    charges: Annotated[
        Path | None,
        typer.Option(
            "--charges", metavar="FILE", callback=table_file, help="Also write every single charge with its source."
        ),
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Project storage, utilisation, aged-stock and low-stock fees of each item, by dated rate tables and FIFO lots."""
    screen = Screen(quiet)
    from serving import money

    options = money.FeeOptions(days, forecast, fee_tables, rates_year)
    books = _books(screen, data, as_of, options, best_effort)
    table = money.fee_table(books)
    print_table(screen, shown(table, FEES_SHOWN), f"Fees from {books.rates_on} over {days} days")
    _tell_sums(screen, books)
    if curve is not None:
        print_table(
            screen,
            shown(money.fee_curve(books, curve), CURVE_SHOWN),
            f"Fees of {curve} by units in stock on the first day",
        )
    if movements is not None:
        print_table(screen, _claims(books, movements, reimbursements), "Losses that are neither found nor paid")
    _storage_tables(screen, books, billed, nodes)
    write_out(screen, table, out)
    if charges is not None:
        from inventory.fees.charge import charge_frame

        lines = [charge for key, run in books.runs.items() for charge in run.charges]
        write_out(screen, charge_frame(lines), charges)


def _profit(
    data: DataFolder,
    as_of: AsOf = None,
    days: Days = 90,
    forecast: Forecast = None,
    fee_tables: FeeTables = None,
    rates_year: RatesYear = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="Also returns on stock by a column, such as category.")
    ] = None,
    ladder: Annotated[
        str | None,
        typer.Option("--ladder", metavar="SKU", help="Also the markdown ladder of this sku; `aged`: of all old ones."),
    ] = None,
    ways: Annotated[
        bool, typer.Option("--ways", help="Also the landed cost of every way to buy (air, sea, …).")
    ] = False,
    batches: Annotated[
        str | None,
        typer.Option("--batches", metavar="SKU", help="Also what batches of this sku cost by each way to buy."),
    ] = None,
    costs: Annotated[bool, typer.Option("--costs", help="Also what a unit in stock and a unit short cost.")] = False,
    space: Annotated[bool, typer.Option("--space", help="Also which items deserve the storage space.")] = False,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE.csv", help="Also write the accounting export.")
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Say what each item leaves: landed cost, fees, margin, break-even and floor price, ROI and GMROI on its stock."""
    screen = Screen(quiet)
    if journal is not None:
        check_file(journal, "--journal")
    from inventory.profit.profit_table import profit_table
    from serving import money, money_export

    books = _books(screen, data, as_of, money.FeeOptions(days, forecast, fee_tables, rates_year), best_effort)
    facts = money.profit_facts(books)
    table = profit_table(facts)
    best = shown(table.sort_values("margin", kind="stable"), PROFIT_SHOWN)
    print_table(
        screen, best, f"A unit of each item, worst margin first; stock over the {facts.days} days before {books.as_of}"
    )
    if by is not None:
        print_table(screen, money_export.returns_by(table, facts, by), f"Returns on stock by {by}")
    if ways:
        print_table(screen, shown(facts.landed, WAYS_SHOWN), "Landed cost of every way to buy")
    _cost_tables(screen, books, facts, batches, costs)
    if space:
        print_table(screen, money.priority_table(books, facts), "Who deserves the space")
    if ladder is not None:
        print_table(
            screen, money.ladder_table(books, facts, ladder), f"Markdowns of {ladder}; the best leaves most cash"
        )
    write_out(screen, table, out)
    if journal is not None:
        text = money_export.journal_text(books.dataset, books.as_of, facts.days)
        write_atomically(journal, lambda path: _write_text(path, text))
        screen.tell(f"Journal written to {journal}")


def _cost_tables(screen: Screen, books: "Books", facts: "ProfitFacts", batches: str | None, costs: bool) -> None:
    from serving import money_costs

    if batches is not None:
        print_table(screen, money_costs.batch_table(books, facts, batches), f"Batches of {batches}")
    if costs:
        print_table(screen, money_costs.cost_table(books, facts), "A unit in stock a day, and a unit short")


def _storage_tables(screen: Screen, books: "Books", billed: Path | None, nodes: bool) -> None:
    from serving import money_storage

    beyond = money_storage.overage_table(books)
    if len(beyond):
        print_table(screen, beyond, "Beyond the storage limit")
    if billed is not None:
        wrong = money_storage.billed_table(books, billed, screen.tell)
        print_table(screen, wrong, "Storage billed otherwise than the tables say")
    if nodes:
        split = shown(money_storage.node_table(books), NODES_SHOWN)
        print_table(screen, split, "What is still to buy, and where it should wait")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def open_data(screen: Screen, data: Path, as_of: str | None, best_effort: bool) -> "tuple[Dataset, date | None]":
    """Return the dataset and the day asked about, None for its own."""
    from serving.question import open_dataset

    day = parse_as_of(as_of)
    return open_dataset(data, best_effort, run_settings(None), screen.tell), day


def _books(screen: Screen, data: Path, as_of: str | None, options: "FeeOptions", best_effort: bool) -> "Books":
    from serving.money import open_books

    dataset, day = open_data(screen, data, as_of, best_effort)
    return open_books(dataset, day, options, screen.tell)


def _claims(books: "Books", movements: Path, reimbursements: Path | None) -> "pd.DataFrame":
    from serving.money_export import claims

    return claims(books.dataset, books.as_of, movements, reimbursements, books.cards["reimbursement"])


def _tell_sums(screen: Screen, books: "Books") -> None:
    """Say what all fees come to, by month, and how sure the rates under them are."""
    from inventory.profit.storage_monitor import fee_trend

    runs = list(books.runs.values())
    print_table(screen, fee_trend(runs), "All items by month")
    unsure = sum(float(c.amount) for run in runs for c in run.charges if c.confidence in ("third_party", "unverified"))
    total = sum(float(run.total) for run in runs)
    screen.say(f"{total:,.2f} in all, of which {unsure:,.2f} by rates that only third parties or nobody confirms")


def print_table(screen: Screen, table: "pd.DataFrame", title: str, flexible: str = "reason") -> None:
    """Print a table's first rows and say how many there are."""
    screen.say()
    screen.table(table.head(SHOWN), title=title, flexible=flexible)
    if len(table) > SHOWN:
        screen.tell(f"The first {SHOWN} of {len(table):,} rows")


def shown(table: "pd.DataFrame", names: dict[str, str]) -> "pd.DataFrame":
    """Return the columns that are printed, by their short names."""
    return table[list(names)].rename(columns=names)


def write_out(screen: Screen, table: "pd.DataFrame", path: Path | None) -> None:
    """Write the whole table where a file is named, and say so."""
    if path is not None:
        write_table(table, path)
        screen.tell(f"{len(table):,} rows written to {path}")

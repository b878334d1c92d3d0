"""`fillrate fees | profit | suppliers | returns`: what stock costs and earns, who delivers, what comes back."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.console import Screen
from serving.files import check_destination, check_file, write_atomically, write_table
from serving.options import AsOf, BestEffort, DataFolder, OutFile, Quiet, parse_as_of, run_settings

if TYPE_CHECKING:
    import pandas as pd

    from inventory.dataset import Dataset
    from serving.money import Books, FeeOptions

__all__ = ["add_to"]

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
WAYS_SHOWN = {
    **{"sku": "sku", "location": "location", "supplier": "supplier", "mode": "mode", "lead_time_days": "days"},
    **{"unit_cost": "goods", "freight_cost": "freight", "duty": "duty", "placement": "placement"},
    **{"capital_in_transit": "capital", "order_share": "order", "landed_cost": "landed", "extra": "extra"},
}
SCORES_SHOWN = {
    **{"supplier": "supplier", "orders": "orders", "late_orders": "late", "late_rate": "late rate"},
    **{"late_rate_low": "at least", "longest_delay_days": "longest delay", "lead_time_cv": "CV"},
    **{"defect_rate": "defects", "score": "score", "action": "action"},
}
LANES_SHOWN = {
    **{"supplier": "supplier", "mode": "mode", "orders": "orders", "promised_days": "promised"},
    **{"promised_sd_days": "± promised", "observed_days": "seen", "observed_sd_days": "± seen"},
    **{"learned_days": "learned", "learned_sd_days": "± learned", "q0.5": "q0.5", "q0.95": "q0.95"},
    **{"late_share": "late"},
}
FLOORS_SHOWN = {
    **{"sku": "sku", "location": "location", "supplier": "supplier", "mode": "mode", "daily_units": "a day"},
    **{"longest_delay_days": "longest delay", "planned_delay_days": "planned", "floor": "floor", "vmi": "VMI"},
    **{"own_buffer": "own buffer"},
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
        ("suppliers", _suppliers, "fillrate suppliers --data my_shop --lead-times lead_times.csv"),
        ("returns", _returns, "fillrate returns --data my_shop --refunds refunds.csv"),
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
    charges: Annotated[
        Path | None, typer.Option("--charges", metavar="FILE", help="Also write every single charge with its source.")
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Project storage, utilisation, aged-stock and low-stock fees of each item, by dated rate tables and FIFO lots."""
    screen = _ready(quiet, out, charges)
    from serving import money

    options = money.FeeOptions(days, forecast, fee_tables, rates_year)
    books = _books(screen, data, as_of, options, best_effort)
    table = money.fee_table(books)
    _print(screen, _shown(table, FEES_SHOWN), f"Fees from {books.rates_on} over {days} days")
    _tell_sums(screen, books)
    if curve is not None:
        _print(
            screen,
            _shown(money.fee_curve(books, curve), CURVE_SHOWN),
            f"Fees of {curve} by units in stock on the first day",
        )
    if movements is not None:
        _print(screen, _claims(books, movements, reimbursements), "Losses that are neither found nor paid")
    _write(screen, table, out)
    if charges is not None:
        from inventory.fees.charge import charge_frame

        lines = [charge for key, run in books.runs.items() for charge in run.charges]
        _write(screen, charge_frame(lines), charges)


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
    space: Annotated[bool, typer.Option("--space", help="Also which items deserve the storage space.")] = False,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE.csv", help="Also write the accounting export.")
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Say what each item leaves: landed cost, fees, margin, break-even and floor price, ROI and GMROI on its stock."""
    screen = _ready(quiet, out)
    if journal is not None:
        check_file(journal, "--journal")
    from inventory.profit.profit_table import profit_table
    from serving import money, money_export

    books = _books(screen, data, as_of, money.FeeOptions(days, forecast, fee_tables, rates_year), best_effort)
    facts = money.profit_facts(books)
    table = profit_table(facts)
    shown = _shown(table.sort_values("margin", kind="stable"), PROFIT_SHOWN)
    _print(
        screen, shown, f"A unit of each item, worst margin first; stock over the {facts.days} days before {books.as_of}"
    )
    if by is not None:
        _print(screen, money_export.returns_by(table, facts, by), f"Returns on stock by {by}")
    if ways:
        _print(screen, _shown(facts.landed, WAYS_SHOWN), "Landed cost of every way to buy")
    if space:
        _print(screen, money.priority_table(books, facts), "Who deserves the space")
    if ladder is not None:
        _print(screen, money.ladder_table(books, facts, ladder), f"Markdowns of {ladder}; the best leaves most cash")
    _write(screen, table, out)
    if journal is not None:
        text = money_export.journal_text(books.dataset, books.as_of, facts.days)
        write_atomically(journal, lambda path: _write_text(path, text))
        screen.tell(f"Journal written to {journal}")


def _suppliers(
    data: DataFolder,
    as_of: AsOf = None,
    lead_times: Annotated[
        Path | None, typer.Option("--lead-times", metavar="FILE", help="Also write the learned lead times.")
    ] = None,
    floors: Annotated[
        Path | None, typer.Option("--floors", metavar="FILE", help="Also write the disruption floors.")
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Judge suppliers by their receipts: late rate, defects, score; learned lead times; floors against disruption."""
    screen = _ready(quiet, out, lead_times, floors)
    dataset, day = _open(screen, data, as_of, best_effort)
    from serving.goods import supplier_report

    found = supplier_report(dataset, day)
    _print(screen, _shown(found.scores, SCORES_SHOWN), "Suppliers, the worst first", flexible="action")
    _print(screen, _shown(found.lead_times, LANES_SHOWN), "Lead times in days: promised, seen, learned")
    _print(
        screen,
        _shown(found.floors.sort_values("floor", ascending=False, kind="stable"), FLOORS_SHOWN),
        "Units that the longest delay asks for",
    )
    for table, path in ((found.scores, out), (found.lead_times, lead_times), (found.floors, floors)):
        _write(screen, table, path)


def _returns(
    data: DataFolder,
    as_of: AsOf = None,
    refunds: Annotated[
        Path | None,
        typer.Option("--refunds", metavar="FILE", help="Refunds (order_id, sku, date, units): lists missing credits."),
    ] = None,
    reimbursements: Annotated[
        Path | None,
        typer.Option("--reimbursements", metavar="FILE", help="What was paid (order_id, sku, date, units)."),
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Count returns by reason, find abnormal batches and suppliers, say what is resold and what was not credited."""
    screen = _ready(quiet, out)
    dataset, day = _open(screen, data, as_of, best_effort)
    from serving.goods import missing_credit_table, return_report

    found = return_report(dataset, day, screen.tell)
    _print(screen, found.reasons, "Returns by reason")
    for table, title in ((found.batches, "Batches"), (found.suppliers, "Suppliers")):
        _print(screen, table, f"{title} by how unlikely their returns are")
    _print(screen, found.todo, "What to do", flexible="why")
    _print(
        screen,
        found.resale.sort_values("return_rate", ascending=False, kind="stable"),
        "What comes back and is sold again",
    )
    if refunds is not None:
        _print(
            screen, missing_credit_table(dataset, day, refunds, reimbursements), "Refunded, neither returned nor paid"
        )
    _write(screen, found.resale, out)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _ready(quiet: bool, *destinations: Path | None) -> Screen:
    for path in destinations:
        if path is not None:
            check_destination(path)
    return Screen(quiet)


def _open(screen: Screen, data: Path, as_of: str | None, best_effort: bool) -> "tuple[Dataset, date | None]":
    from serving.question import open_dataset

    day = parse_as_of(as_of)
    return open_dataset(data, best_effort, run_settings(None), screen.tell), day


def _books(screen: Screen, data: Path, as_of: str | None, options: "FeeOptions", best_effort: bool) -> "Books":
    from serving.money import open_books

    dataset, day = _open(screen, data, as_of, best_effort)
    return open_books(dataset, day, options, screen.tell)


def _claims(books: "Books", movements: Path, reimbursements: Path | None) -> "pd.DataFrame":
    from serving.money_export import claims

    return claims(books.dataset, books.as_of, movements, reimbursements, books.cards["reimbursement"])


def _tell_sums(screen: Screen, books: "Books") -> None:
    """Say what all fees come to, by month, and how sure the rates under them are."""
    from inventory.profit.storage_monitor import fee_trend

    runs = list(books.runs.values())
    _print(screen, fee_trend(runs), "All items by month")
    unsure = sum(float(c.amount) for run in runs for c in run.charges if c.confidence in ("third_party", "unverified"))
    total = sum(float(run.total) for run in runs)
    screen.say(f"{total:,.2f} in all, of which {unsure:,.2f} by rates that only third parties or nobody confirms")


def _print(screen: Screen, table: "pd.DataFrame", title: str, flexible: str = "reason") -> None:
    screen.say()
    screen.table(table.head(SHOWN), title=title, flexible=flexible)
    if len(table) > SHOWN:
        screen.tell(f"The first {SHOWN} of {len(table):,} rows")


def _shown(table: "pd.DataFrame", names: dict[str, str]) -> "pd.DataFrame":
    return table[list(names)].rename(columns=names)


def _write(screen: Screen, table: "pd.DataFrame", path: Path | None) -> None:
    if path is not None:
        write_table(table, path)
        screen.tell(f"{len(table):,} rows written to {path}")

"""`fillrate suppliers | returns`: who delivers as promised, what comes back and what became of it."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands_money import open_data, print_table, shown, write_out
from serving.console import Screen
from serving.options import AsOf, BestEffort, DataFolder, OutFile, Quiet, table_file

if TYPE_CHECKING:
    from inventory.dataset import Dataset

__all__ = ["add_to"]

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
    **{"longest_delay_days": "longest", "planned_delay_days": "planned", "share": "share", "floor": "floor"},
    **{"vmi": "VMI", "own_buffer": "own", "item_floor": "of the item", "safety_stock": "safety", "to_hold": "to hold"},
}


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for name, function, example in (
        ("suppliers", _suppliers, "fillrate suppliers --data my_shop --lead-times lead_times.csv"),
        ("returns", _returns, "fillrate returns --data my_shop --refunds refunds.csv"),
    ):
        app.command(name, epilog=f"Example: {example}")(function)


def _suppliers(
    data: DataFolder,
    as_of: AsOf = None,
    lead_times: Annotated[
        Path | None,
        typer.Option("--lead-times", metavar="FILE", callback=table_file, help="Also write the learned lead times."),
    ] = None,
    floors: Annotated[
        Path | None,
        typer.Option("--floors", metavar="FILE", callback=table_file, help="Also write the disruption floors."),
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="The suppliers of an item fail at the same time: one port, one region.")
    ] = False,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Judge suppliers by their receipts: late rate, defects, score; learned lead times; floors against disruption."""
    screen = Screen(quiet)
    dataset, day = open_data(screen, data, as_of, best_effort)
    from serving.goods import supplier_report

    found = supplier_report(dataset, day, together)
    print_table(screen, shown(found.scores, SCORES_SHOWN), "Suppliers, the worst first", flexible="action")
    print_table(screen, shown(found.lead_times, LANES_SHOWN), "Lead times in days: promised, seen, learned")
    print_table(
        screen,
        shown(found.floors.sort_values("to_hold", ascending=False, kind="stable"), FLOORS_SHOWN),
        "Units that the longest delay asks for, and what to hold of each item",
    )
    for table, path in ((found.scores, out), (found.lead_times, lead_times), (found.floors, floors)):
        write_out(screen, table, path)


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
    order_lines: Annotated[
        Path | None,
        typer.Option(
            "--order-lines", metavar="FILE", help="Sold (order_id, sku, units): links each return to its order."
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", metavar="FILE", help="Steps of returns (return_id, state, at): how long they wait."),
    ] = None,
    limits: Annotated[
        str | None,
        typer.Option(
            "--limits", metavar="LIST", help="Days by state, received=2,graded=5: with --events, who is late."
        ),
    ] = None,
    out: OutFile = None,
    best_effort: BestEffort = False,
    quiet: Quiet = False,
) -> None:
    """Count returns by reason, find abnormal batches and suppliers, say what is resold and what was not credited."""
    screen = Screen(quiet)
    dataset, day = open_data(screen, data, as_of, best_effort)
    from serving.goods import missing_credit_table, return_report

    found = return_report(dataset, day, screen.tell)
    print_table(screen, found.reasons, "Returns by reason")
    for table, title in ((found.batches, "Batches"), (found.suppliers, "Suppliers")):
        print_table(screen, table, f"{title} by how unlikely their returns are")
    print_table(screen, found.todo, "What to do", flexible="why")
    print_table(
        screen,
        found.resale.sort_values("return_rate", ascending=False, kind="stable"),
        "What comes back and is sold again",
    )
    if refunds is not None:
        print_table(
            screen, missing_credit_table(dataset, day, refunds, reimbursements), "Refunded, neither returned nor paid"
        )
    if order_lines is not None:
        _links(screen, dataset, day, order_lines)
    if events is not None:
        _dwell(screen, dataset, day, events, limits)
    write_out(screen, found.resale, out)


def _links(screen: Screen, dataset: "Dataset", day: date | None, order_lines: Path) -> None:
    from serving.returned import linked_returns, links_by_state

    linked = linked_returns(dataset, day, order_lines)
    print_table(screen, links_by_state(linked), "Links to orders")
    print_table(screen, linked[linked["link"] != "linked"], "Returns without their order")


def _dwell(screen: Screen, dataset: "Dataset", day: date | None, events: Path, limits: str | None) -> None:
    from serving.returned import dwell_tables, read_limits

    times, late = dwell_tables(dataset, day, events, read_limits(limits))
    print_table(screen, times, "Days in each state")
    if limits is not None:
        print_table(screen, late, "Waiting too long")

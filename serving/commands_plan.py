"""`fillrate plan --explain SKU --planned-out FILE`: why an order is as it is, and what comes after it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.console import Screen
from serving.files import write_table
from serving.options import table_file

if TYPE_CHECKING:
    from optimizer.explanation import Explanation
    from optimizer.plan import OrderPlan, PlanSummary

MOST_LIMITS = 20

__all__ = ["ExplainSku", "PlanPolicy", "PlannedFile", "print_explanation", "print_limits", "tell_more"]

ExplainSku = Annotated[
    str | None,
    typer.Option(
        "--explain", metavar="SKU", help="Also say why this sku is ordered, or not, and what else was considered."
    ),
]
PlanPolicy = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME[:NUMBER][+FACTOR…]",
        help="Plan what this policy orders, costed like our own plan. `fillrate simulate --list-policies` names them.",
    ),
]
PlannedFile = Annotated[
    Path | None,
    typer.Option(
        "--planned-out", metavar="FILE", callback=table_file, help="Also write the orders planned for later reviews."
    ),
]


def tell_more(screen: Screen, plan: "OrderPlan", explain: str | None, planned_out: Path | None) -> None:
    """Write the later orders and print the explanation that were asked for.

    Raises UnknownSkuError for a sku that the plan does not have.
    """
    from optimizer.explanation import explain as explained
    from optimizer.later_orders import later_orders

    if plan.study is None:
        return
    if planned_out is not None:
        later = later_orders(plan.study)
        write_table(later, planned_out)
        screen.say(f"{len(later):,} later orders written to {planned_out}")
    if explain is not None:
        for item in explained(plan.study, explain):
            print_explanation(screen, item)


def print_limits(screen: Screen, summary: "PlanSummary") -> None:
    """Print the limits of several periods that bind, and the orders with terms of their own."""
    import pandas as pd

    if summary.limits:
        binding = [row for row in summary.limits if row.price > 0]
        told = sorted(binding, key=lambda row: -row.price * row.used)[:MOST_LIMITS]
        rows = [(row.name, round(row.used, 2), round(row.capacity, 2), round(row.price, 4)) for row in told]
        names = ["limit", "used", "capacity", "1 more saves"]
        if rows:
            screen.table(pd.DataFrame(rows, columns=names), title="Limits that bind (period 1 begins today)")
        screen.say(f"{len(binding)} of {len(summary.limits)} limits bind")
    for joint in summary.whole_orders:
        screen.say(str(joint))


def print_explanation(screen: Screen, item: "Explanation") -> None:
    """Print one explanation: the sentence, then its tables."""
    import pandas as pd

    screen.say(f"{item.sku} at {item.location}: {item.sentence}")
    for title, rows in (
        ("Cost of each quantity, with the best continuation", item.curve),
        ("From the best quantity to the order", item.rounding),
        ("Alternatives", item.alternatives),
        ("Where the units are and what they are for", [item.pieces]),
    ):
        screen.table(pd.DataFrame([asdict(row) for row in rows]).round(3), title=title)
    for name, change in (("more", item.one_case_more), ("less", item.one_case_less)):
        if change is not None:
            screen.say(f"One case {name} would change the expected cost by {change:+.2f}")

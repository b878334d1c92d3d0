"""What the templates of the screen of proposals are drawn from: the filter, the board, and who may decide."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query

from inventory.plan_rules import OrderRule
from serving.access import Scope
from serving.context import ServiceContext
from serving.problems import ApiProblem
from serving.ui.forms import new_once
from serving.ui.proposal_board import SORTS, Asked, BoardGroup, board_of, rows_of, shown_rows, spending_of
from serving.ui.visit import Visit

__all__ = ["MOST_ROWS", "Filter", "Wanted", "board", "board_facts", "context_or_none", "row_facts", "wanted_of"]

MOST_ROWS = 500
"""Rows that one group shows at most."""
FIRST_ROWS = 20
"""Rows that a group shows at first; the rest comes when asked for."""
ROWS_AT_FIRST = 200
"""Rows that the board shows at first."""
SHOWN_STATES = ("draft", "approved", "snoozed", "rejected", "exported", "confirmed", "closed", "superseded", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the planner wants to see, as it stands in the address. container: volume of one container, None: the
    dataset's own. everything: of one group, whatever the state.
    """

    state: str = "draft"
    supplier: str = ""
    q: str = ""
    holds: bool = False
    sort: str = "benefit"
    container: float | None = None

    @property
    def query(self) -> str:
        """The same as the query of an address, without what is as usual."""
        usual = Wanted()
        given = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) != getattr(usual, name)}
        return urlencode({name: int(value) if value is True else value for name, value in given.items()})

    @property
    def everything(self) -> "Wanted":
        """The same without the search: a group's totals are of all of it."""
        return replace(self, q="")

    def asked(self, dataset: str) -> Asked:
        """Return what is asked of the board."""
        state = "" if self.state == "all" else self.state
        return Asked(dataset, state, self.supplier, self.q.strip(), self.holds, self.sort)


def wanted_of(
    state: Annotated[str, Query(pattern=f"^({'|'.join(SHOWN_STATES)})$")] = "draft",
    supplier: Annotated[str, Query(max_length=200)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    holds: bool = False,
    sort: Annotated[str, Query(pattern=f"^({'|'.join(SORTS)})$")] = "benefit",
    container: Annotated[str, Query(max_length=20, pattern=r"^\s*[0-9]*\.?[0-9]*\s*$")] = "",
) -> Wanted:
    """Return the filter that an address carries."""
    volume = float(container) if container.strip().strip(".") else 0.0
    return Wanted(state, supplier, q, holds, sort, volume or None)


Filter = Annotated[Wanted, Depends(wanted_of)]


def context_or_none(visit: Visit) -> ServiceContext | None:
    """Return what answers for the dataset, None while it is being loaded: proposals are there without it."""
    try:
        return visit.platform.host.context(visit.known.tenant, visit.dataset)
    except ApiProblem:
        return None


def _rules(context: ServiceContext | None) -> tuple[OrderRule, ...]:
    return () if context is None else context.dataset.config.planning.orders


def board(visit: Visit, wanted: Wanted) -> list[BoardGroup]:
    """Return the groups of the board, ranked."""
    today, asked = visit.platform.clock().date(), wanted.asked(visit.dataset)
    with visit.platform.database.reading() as connection:
        light = rows_of(connection, visit.known.tenant, asked, today)
    return board_of(light, asked, _rules(context_or_none(visit)), wanted.container, today)


def board_facts(visit: Visit, wanted: Wanted) -> dict[str, Any]:
    """Return what the board's template needs: the groups with the rows that each shows at first."""
    groups, tenant, today = board(visit, wanted), visit.known.tenant, visit.platform.clock().date()
    left, first = ROWS_AT_FIRST, {}
    for group in groups:
        first[group.key] = [row.proposal_id for row in group.rows[: min(FIRST_ROWS, left)]]
        left -= len(first[group.key])
    with visit.platform.database.reading() as connection:
        names = [name for found in first.values() for name in found]
        rows = {row["proposal_id"]: row for row in shown_rows(connection, tenant, names, today)}
        spending = spending_of(connection, tenant, visit.dataset)
    shown = {key: [rows[name] for name in found if name in rows] for key, found in first.items()}
    facts = {"groups": groups, "shown": shown, "spending": spending, "wanted": wanted, "sorts": SORTS}
    return {**facts, "states": SHOWN_STATES, "most": MOST_ROWS, "refused": "", **row_facts(visit)}


def row_facts(visit: Visit) -> dict[str, Any]:
    """Return what each row's template needs beside the row."""
    context = context_or_none(visit)
    names = {} if context is None else context.products["name"]

    def name_of(sku: str) -> str:
        found = names.get(sku)
        return found if isinstance(found, str) else ""

    return {
        "name_of": name_of,
        "may_decide": visit.known.may(Scope.PO_APPROVE),
        "today": visit.platform.clock().date(),
        "once": new_once,
    }

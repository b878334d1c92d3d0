"""What the screen of proposals shows: orders by supplier as they would be shipped, ranked by what they save a unit of
money.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from inventory.plan_rules import OrderRule
from serving.proposals.answers import proposal_answer
from serving.proposals.lifecycle import COMMITTED, OPEN, State
from serving.proposals.proposal_store import find_proposals, held_by, state_of
from serving.proposals.proposal_tables import PLAN_BOOKS, PLAN_RUNS, PROPOSALS, PURCHASE_ORDER_LINES
from serving.proposals.purchase_order import Group, Limits, checks_of, grouped, order_line, totals_of

__all__ = [
    "SORTS",
    "Asked",
    "BoardGroup",
    "Spending",
    "board_of",
    "find_group",
    "key_of",
    "limits_of",
    "rows_of",
    "saving_of",
    "shown_rows",
    "spending_of",
]

Row = sa.Row[Any]
SORTS = ("benefit", "saving", "order_by", "risk", "value", "sku")
"""Ways to rank: saved a unit of money, saved, last day to order, stock-out risk, value, name."""
LIGHT = (
    "proposal_id",
    "tenant",
    "sku",
    "location",
    "supplier",
    "mode",
    "state",
    "snoozed_until",
    "action",
    "quantity",
    "case_pack",
    "unit_cost",
    "currency",
    "order_by",
    "arrive_on",
    "expected_cost",
    "stockout_probability",
    "spend",
    "volume",
    "violations",
    "run_id",
)
KEY_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """Which proposals to show: in one state ('' for all), of one supplier, whose SKU has these letters; with those that
    order nothing.
    """

    dataset: str
    state: str = State.DRAFT
    supplier: str = ""
    search: str = ""
    holds: bool = False
    sort: str = "benefit"


@dataclass(frozen=True, slots=True)
class BoardGroup:
    """What one purchase order would hold. rows: all that were asked for, ranked. waiting, ready: totals of those to
    decide about and of those approved that no draft holds. checks: of both together. container_fill: how full the
    last container would be (None: no container). saving: what the rows save.
    """

    group: Group
    rows: Sequence[Row]
    waiting: Mapping[str, Any] | None
    ready: Mapping[str, Any] | None
    checks: Sequence[Mapping[str, Any]]
    container_fill: float | None
    saving: Decimal

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return key_of(self.group)


@dataclass(frozen=True, slots=True)
class Spending:
    """What the orders of the newest run take of its budget: decided for, and still to be decided. budget: None where
    there is none."""

    run_id: str
    as_of: date
    currency: str
    budget: Decimal | None
    committed: Decimal = field(default=Decimal(0))
    open: Decimal = field(default=Decimal(0))

    @property
    def left(self) -> Decimal | None:
        """The budget without what is decided for and what is open."""
        return None if self.budget is None else self.budget - self.committed - self.open


def key_of(group: Group) -> str:
    """Return a group's name in addresses."""
    return hashlib.sha256("\n".join(group).encode("utf-8", "surrogatepass")).hexdigest()[:KEY_DIGITS]


def rows_of(connection: sa.Connection, tenant: str, asked: Asked, today: date) -> list[Row]:
    """Return light rows (no curve, no explanation) of what is open, approved or in the state asked for; each with
    `without`, the cost without the order, and `held`, the draft that holds it.
    """
    table, lines = PROPOSALS.c, PURCHASE_ORDER_LINES.c
    held = sa.select(lines.draft_id).where(lines.tenant == table.tenant, lines.held_proposal_id == table.proposal_id)
    columns = [table[name] for name in LIGHT]
    query = sa.select(*columns, _without(connection).label("without"), held.scalar_subquery().label("held"))
    query = query.where(table.tenant == tenant, table.dataset == asked.dataset)
    if asked.state:
        query = query.where(table.state.in_({*OPEN, State.APPROVED, asked.state}))
    if asked.supplier:
        query = query.where(table.supplier == asked.supplier)
    if asked.search:
        query = query.where(table.sku.icontains(asked.search, autoescape=True))
    if not asked.holds:
        query = query.where(table.quantity > 0)
    return list(connection.execute(query.order_by(table.proposal_id)))


def _without(connection: sa.Connection) -> sa.ColumnElement[Any]:
    """Return the plan's cost without the order, out of `planned`, without reading all of it into this process."""
    text = sa.type_coerce(PROPOSALS.c.planned, sa.Text)
    if connection.dialect.name == "postgresql":
        return sa.func.json_extract_path_text(sa.cast(text, sa.JSON), "cost_without_order")
    return sa.func.json_extract(text, "$.cost_without_order")


def board_of(
    rows: Iterable[Row], asked: Asked, rules: Sequence[OrderRule], container: float | None, today: date
) -> list[BoardGroup]:
    """Return the groups that have what was asked for, those that save most first."""
    found = []
    for group, members in grouped(rows).items():
        shown = [row for row in members if not asked.state or state_of(row, today) == asked.state]
        if shown:
            found.append(_board_group(group, members, shown, asked, limits_of(rules, group, container), today))
    return sorted(found, key=lambda item: (-item.saving, item.group))


def _fill(volume: float, container: float | None) -> float | None:
    """Return how full the last container would be, 0 … 1; None without containers or volumes."""
    if container is None or volume <= 0:
        return None
    rest = volume % container
    return 1.0 if rest < 1e-9 else rest / container


def find_group(groups: Iterable[BoardGroup], key: str) -> BoardGroup | None:
    """Return the group of that name, None where it has gone."""
    return next((group for group in groups if group.key == key), None)


def _board_group(
    group: Group, members: Sequence[Row], shown: Sequence[Row], asked: Asked, limits: Limits, today: date
) -> BoardGroup:
    ordering = [row for row in members if row.quantity > 0]
    waiting = [order_line(row) for row in ordering if state_of(row, today) is State.DRAFT]
    ready = [order_line(row) for row in ordering if row.state == State.APPROVED and row.held is None]
    together = [*waiting, *ready]
    saving = sum((saving_of(row) or Decimal(0) for row in shown), Decimal(0))
    return BoardGroup(
        group,
        sorted(shown, key=lambda row: (*_rank(row, asked.sort), row.sku, row.proposal_id)),
        totals_of(waiting) if waiting else None,
        totals_of(ready) if ready else None,
        checks_of(together, limits, Decimal(0)) if together else (),
        _fill(sum(line.volume for line in together), limits.container_volume),
        saving,
    )


def limits_of(rules: Sequence[OrderRule], group: Group, container: float | None) -> Limits:
    """Return what the supplier asks of a whole order: the dataset's `[[planning.orders]]`.

    container: its volume, in place of the rule's. A rule of the mode comes before one of all modes.
    """
    mine = [rule for rule in rules if rule.supplier == group.supplier and rule.mode in ("", group.mode)]
    rule = max(mine, key=lambda item: item.mode) if mine else OrderRule(group.supplier)
    volume = container or rule.container_volume
    return Limits(
        minimum_units=round(rule.minimum_units) or None,
        minimum_value=Decimal(repr(rule.minimum_value)) if rule.minimum_value else None,
        container_volume=volume or None,
    )


def saving_of(row: Any) -> Decimal | None:
    """Return what the order saves: the expected cost without it less the one with it; None where that is not known."""
    without = row.without
    return None if without is None else Decimal(str(without)) - row.expected_cost


def _rank(row: Row, sort: str) -> tuple[Any, ...]:
    """Return the sort key: the best first, what is not known last."""
    saving = saving_of(row)
    values: dict[str, Decimal | None] = {
        "saving": saving,
        "benefit": saving / row.spend if saving is not None and row.spend else None,
        "risk": Decimal(repr(row.stockout_probability)),
        "value": None if row.unit_cost is None else row.unit_cost * row.quantity,
    }
    if sort in values:
        value = values[sort]
        return (value is None, -(value or 0))
    return (row.order_by,) if sort == "order_by" else ()


def shown_rows(connection: sa.Connection, tenant: str, names: Sequence[str], today: date) -> list[dict[str, Any]]:
    """Return what the API answers of each proposal, with what it saves and what it takes of a budget, in that order."""
    found = find_proposals(connection, tenant, names)
    held = held_by(connection, tenant, names)
    return [_shown(found[name], held.get(name), today) for name in names if name in found]


def _shown(row: Row, held: str | None, today: date) -> dict[str, Any]:
    told = proposal_answer(row, held, today)
    without = told["planned"].get("cost_without_order")
    saving = None if without is None else Decimal(without) - row.expected_cost
    more = {
        "saving": saving,
        "per_money": saving / row.spend if saving is not None and row.spend else None,
        "spend": row.spend,
        "group": key_of(Group(row.supplier, row.mode, row.location, row.currency)),
    }
    return told | more


def spending_of(connection: sa.Connection, tenant: str, dataset: str) -> Spending | None:
    """Return what the dataset's newest run may spend and what its orders take; None before the first run."""
    books, runs, table = PLAN_BOOKS.c, PLAN_RUNS.c, PROPOSALS.c
    query = (
        sa.select(runs.run_id, runs.as_of, runs.currency, runs.summary)
        .join_from(PLAN_BOOKS, PLAN_RUNS, sa.and_(runs.tenant == books.tenant, runs.run_id == books.run_id))
        .where(books.tenant == tenant, books.dataset == dataset)
    )
    run = connection.execute(query).one_or_none()
    if run is None:
        return None
    spends = sa.select(table.state, table.spend).where(
        table.tenant == tenant, table.run_id == run.run_id, table.state.in_((*OPEN, *COMMITTED))
    )
    totals = {True: Decimal(0), False: Decimal(0)}
    for state, spend in connection.execute(spends):
        totals[State(state) in COMMITTED] += spend
    budget = run.summary["budget"]
    known = None if budget is None else Decimal(budget)
    return Spending(run.run_id, run.as_of, run.currency, known, totals[True], totals[False])

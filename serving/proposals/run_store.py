"""Plan runs as they are stored: the run itself never changes; its suggestions become proposals, or refresh open drafts.

One rule keeps an ERP from getting an order twice: a series has open drafts of its newest plan only, and a plan counts
what has been decided for before. Where a decision falls between a plan's question and its storing, that series keeps
the decision and gets nothing new from this plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import StateError, UnknownResourceError
from serving import audit
from serving.access import Caller
from serving.proposals.commitments import Commitment
from serving.proposals.identity import proposal_id, run_id
from serving.proposals.lifecycle import COMMITTED, OPEN, Event, State, current_state, next_state
from serving.proposals.proposal_store import CHUNK, Row, change_row
from serving.proposals.proposal_tables import PLAN_BOOKS, PLAN_RUNS, PROPOSALS, PURCHASE_ORDER_LINES, PURCHASE_ORDERS
from serving.proposals.suggestion import PlanRun, Suggestion

__all__ = ["StoredRun", "committed", "find_run", "list_runs", "store_plan"]

Series = tuple[str, str]

RUN_FACTS = tuple(column for column in PLAN_RUNS.c if column.name != "lines")
"""All of a run but its lines, which may be ten thousand."""


@dataclass
class StoredRun:
    """What storing a run did: names of the proposals by what became of them. again: the run was stored before."""

    run_id: str
    again: bool = False
    created: list[str] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    withheld: list[dict[str, str]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how many there are of each."""
        names = ("created", "refreshed", "kept", "superseded", "withheld")
        return {name: len(getattr(self, name)) for name in names}


def committed(connection: sa.Connection, tenant: str, dataset: str) -> list[Commitment]:
    """Return the orders of a dataset that are decided for and not closed, by name."""
    table, lines, orders = PROPOSALS.c, PURCHASE_ORDER_LINES.c, PURCHASE_ORDERS.c
    held = sa.and_(lines.tenant == table.tenant, lines.held_proposal_id == table.proposal_id)
    drafts = sa.and_(orders.tenant == lines.tenant, orders.draft_id == lines.draft_id)
    query = (
        sa.select(PROPOSALS, orders.draft_id, orders.order_number)
        .select_from(PROPOSALS.outerjoin(PURCHASE_ORDER_LINES, held).outerjoin(PURCHASE_ORDERS, drafts))
        .where(table.tenant == tenant, table.dataset == dataset, table.state.in_(COMMITTED))
        .order_by(table.proposal_id)
    )
    return [_commitment(row, row.draft_id, row.order_number) for row in connection.execute(query)]


def _commitment(row: Row, *names: str | None) -> Commitment:
    known = tuple(name for name in names if name)
    series = (row.sku, row.location, row.supplier, row.mode)
    return Commitment(row.proposal_id, *series, row.quantity, row.arrive_on, known)


def store_plan(
    connection: sa.Connection, caller: Caller, run: PlanRun, suggestions: Sequence[Suggestion], now: datetime
) -> StoredRun:
    """Store a run and its proposals in the caller's transaction; the same run again changes nothing.

    Raises StateError where a run of a later day is stored: its orders stand.
    """
    names = [
        proposal_id(caller.tenant, run.dataset, run.as_of, item.sku, item.location, item.supplier, item.mode)
        for item in suggestions
    ]
    lines = [_line(name, item) for name, item in zip(names, suggestions, strict=True)]
    stored = StoredRun(run_id(_content(caller.tenant, run, lines)))
    newest_as_of, newest_run = _lock_book(connection, caller.tenant, run, stored.run_id)
    stored.again = _is_stored(connection, caller.tenant, stored.run_id)
    if stored.again and (newest_run == stored.run_id or newest_as_of > run.as_of):
        return stored
    _check_newest(run, newest_as_of)
    live = _live_rows(connection, caller.tenant, run)
    decided = _decided_since(run, live.values())
    series = {(item.sku, item.location) for item in suggestions}
    stored.withheld = [
        {"sku": sku, "location": location, "reason": "an order was decided for or closed while the plan was made"}
        for sku, location in sorted(series & decided)
    ]
    if not stored.again:
        _insert_run(connection, caller, run, lines, stored, now)
    _keep_book(connection, caller.tenant, run, stored.run_id)
    fresh = {
        name: item for name, item in zip(names, suggestions, strict=True) if (item.sku, item.location) not in decided
    }
    _Writer(connection, caller, run, stored, now).write(fresh, live)
    _supersede(connection, caller, fresh, live, series - decided, stored, now)
    _record(connection, caller, run, stored, live, now)
    return stored


def find_run(connection: sa.Connection, tenant: str, run: str, with_lines: bool = False) -> Row:
    """Return one run, its lines only where asked; raises UnknownResourceError."""
    columns = tuple(PLAN_RUNS.c) if with_lines else RUN_FACTS
    table = PLAN_RUNS.c
    found = connection.execute(sa.select(*columns).where(table.tenant == tenant, table.run_id == run)).one_or_none()
    if found is None:
        raise UnknownResourceError(f"there is no plan run {run}; GET /v1/plan-runs lists what is there")
    return found


def list_runs(
    connection: sa.Connection, tenant: str, dataset: str | None, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Row]:
    """Return up to `limit` runs, the newest first, those before a (moment, name) only."""
    table = PLAN_RUNS.c
    query = sa.select(*RUN_FACTS).where(table.tenant == tenant)
    if dataset is not None:
        query = query.where(table.dataset == dataset)
    if before is not None:
        moment, name = before
        query = query.where(sa.or_(table.created_at < moment, sa.and_(table.created_at == moment, table.run_id < name)))
    return connection.execute(query.order_by(table.created_at.desc(), table.run_id.desc()).limit(limit)).all()


def _line(name: str, item: Suggestion) -> list[Any]:
    days = item.order_by.isoformat(), item.arrive_on.isoformat()
    way = [item.sku, item.location, item.supplier, item.mode]
    return [name, *way, item.action, item.quantity, *days, str(item.expected_cost)]


def _content(tenant: str, run: PlanRun, lines: Sequence[Any]) -> dict[str, Any]:
    """Return all that makes a run this run and no other."""
    facts = {
        name: getattr(run, name) for name in ("dataset", "model_name", "model_version", "config_hash", "seed", "stale")
    }
    return {
        **facts,
        "tenant": tenant,
        "as_of": run.as_of.isoformat(),
        "last_observed": run.last_observed.isoformat(),
        "options": dict(run.options),
        "summary": {name: value for name, value in run.summary.items() if name not in ("status", "solver", "gap")},
        "commitments": sorted([item.proposal_id, item.quantity] for item in run.commitments),
        "lines": list(lines),
    }


def _insert_missing(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(row).on_conflict_do_nothing())


def _lock_book(connection: sa.Connection, tenant: str, run: PlanRun, name: str) -> tuple[date, str]:
    """Let one run of the dataset be stored at a time; return the day and the name of the newest one."""
    row = {"tenant": tenant, "dataset": run.dataset, "newest_as_of": run.as_of, "run_id": name}
    _insert_missing(connection, PLAN_BOOKS, row)
    table = PLAN_BOOKS.c
    query = sa.select(table.newest_as_of, table.run_id).where(table.tenant == tenant, table.dataset == run.dataset)
    found = connection.execute(query.with_for_update()).one()
    return found.newest_as_of, found.run_id


def _keep_book(connection: sa.Connection, tenant: str, run: PlanRun, name: str) -> None:
    table = PLAN_BOOKS.c
    here = sa.and_(table.tenant == tenant, table.dataset == run.dataset)
    connection.execute(PLAN_BOOKS.update().where(here).values(newest_as_of=run.as_of, run_id=name))


def _is_stored(connection: sa.Connection, tenant: str, name: str) -> bool:
    table = PLAN_RUNS.c
    query = sa.select(table.run_id).where(table.tenant == tenant, table.run_id == name)
    return connection.execute(query).first() is not None


def _check_newest(run: PlanRun, newest: date) -> None:
    if newest > run.as_of:
        raise StateError(
            f"a plan of {run.dataset} as of {newest} is stored, this one is as of {run.as_of}: its orders would be out "
            "of date; ask POST /v1/plans, which stores nothing"
        )


def _live_rows(connection: sa.Connection, tenant: str, run: PlanRun) -> dict[str, Row]:
    """Return, locked, every proposal of the dataset that is open or committed, or of the run's own day."""
    table = PROPOSALS.c
    query = (
        sa.select(PROPOSALS)
        .where(
            table.tenant == tenant,
            table.dataset == run.dataset,
            sa.or_(table.state.in_((*OPEN, *COMMITTED)), table.as_of == run.as_of),
        )
        .order_by(table.proposal_id)
    )
    return {row.proposal_id: row for row in connection.execute(query.with_for_update())}


def _decided_since(run: PlanRun, live: Any) -> set[Series]:
    """Return the series whose commitments are not those that the plan knew."""
    known = {(item.proposal_id, item.quantity): (item.sku, item.location) for item in run.commitments}
    now = {(row.proposal_id, row.quantity): (row.sku, row.location) for row in live if State(row.state) in COMMITTED}
    return {series for key, series in (known | now).items() if key not in known or key not in now}


def _insert_run(
    connection: sa.Connection, caller: Caller, run: PlanRun, lines: Sequence[Any], stored: StoredRun, now: datetime
) -> None:
    names = ("dataset", "as_of", "last_observed", "stale", "model_name", "model_version", "config_hash", "seed")
    row = {name: getattr(run, name) for name in (*names, "currency")}
    told = {**run.options, "commitments": sorted(item.proposal_id for item in run.commitments)}
    row |= {"tenant": caller.tenant, "run_id": stored.run_id, "options": told, "summary": dict(run.summary)}
    row |= {"lines": list(lines), "withheld": stored.withheld, "created_at": now, "created_by": caller.actor}
    connection.execute(PLAN_RUNS.insert().values(row))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the suggestions of one run: new ones as drafts, those of untouched drafts in their place."""

    connection: sa.Connection
    caller: Caller
    run: PlanRun
    stored: StoredRun
    now: datetime

    def write(self, fresh: Mapping[str, Suggestion], live: Mapping[str, Row]) -> None:
        snoozed = self._snoozed_series(live)
        new = []
        for name, item in fresh.items():
            row = live.get(name)
            if row is None:
                until = snoozed.get((item.sku, item.location)) if item.quantity else None
                new.append(self._new_row(name, item, until))
                self.stored.created.append(name)
            elif State(row.state) not in (*OPEN, State.SUPERSEDED) or (row.edited and State(row.state) in OPEN):
                self.stored.kept.append(name)
            else:
                self._refresh(row, item)
        for start in range(0, len(new), CHUNK):
            self.connection.execute(PROPOSALS.insert(), new[start : start + CHUNK])

    def _snoozed_series(self, live: Mapping[str, Row]) -> dict[Series, date]:
        """Return until when each series is snoozed: the next plan's draft of it sleeps on."""
        today, found = self.now.date(), dict[Series, date]()
        for row in live.values():
            if current_state(State(row.state), row.snoozed_until, today) is State.SNOOZED:
                found[(row.sku, row.location)] = max(found.get((row.sku, row.location), today), row.snoozed_until)
        return found

    def _content(self, item: Suggestion) -> dict[str, Any]:
        names = ("action", "quantity", "case_pack", "unit_cost", "order_by", "arrive_on", "expected_cost")
        values = {name: getattr(item, name) for name in (*names, "stockout_probability", "spend", "volume")}
        run = self.run
        data = {"as_of": run.as_of.isoformat(), "last_observed": run.last_observed.isoformat(), "stale": run.stale}
        planned = {**item.planned, "action": item.action, "data": data}
        told = {"cost_basis": "exact", "violations": [], "planned": planned, "curve": item.curve.to_dict()}
        return {**values, **told, "currency": run.currency}

    def _new_row(self, name: str, item: Suggestion, until: date | None) -> dict[str, Any]:
        way = {key: getattr(item, key) for key in ("sku", "location", "supplier", "mode")}
        fixed: dict[str, Any] = {"tenant": self.caller.tenant, "proposal_id": name, "dataset": self.run.dataset}
        state: dict[str, Any] = {
            "state": State.DRAFT if until is None else State.SNOOZED,
            "snoozed_until": until,
            "version": 1,
        }
        state |= {"edited": False, "state_reason": "", "superseded_by": None}
        made = {"created_at": self.now, "updated_at": self.now, "updated_by": self.caller.actor}
        of_run = {"run_id": self.stored.run_id, "as_of": self.run.as_of}
        return {**fixed, **of_run, **way, **state, **self._content(item), **made}

    def _refresh(self, row: Row, item: Suggestion) -> None:
        values = self._content(item)
        state = State(row.state)
        if state is State.SUPERSEDED:
            values |= {"state": next_state(state, Event.REFRESH), "superseded_by": None, "edited": False}
            values["state_reason"] = ""
        if all(getattr(row, name) == value for name, value in values.items()):
            self.stored.kept.append(row.proposal_id)
            return
        change_row(self.connection, row, {**values, "run_id": self.stored.run_id}, self.caller.actor, self.now)
        self.stored.refreshed.append(row.proposal_id)


def _supersede(
    connection: sa.Connection,
    caller: Caller,
    fresh: Mapping[str, Suggestion],
    live: Mapping[str, Row],
    series: set[Series],
    stored: StoredRun,
    now: datetime,
) -> None:
    """Close every open draft of the run's series that the run does not have: approved ones are never touched."""
    newest: dict[Series, str] = {}
    for name, item in fresh.items():
        newest.setdefault((item.sku, item.location), name)
    changes: list[dict[str, Any]] = []
    for name, row in live.items():
        key = (row.sku, row.location)
        if key in series and name not in fresh and State(row.state) in OPEN:
            state = next_state(State(row.state), Event.SUPERSEDE)
            changes.append({"name": name, "after": state, "by": newest.get(key)})
    stored.superseded += [change["name"] for change in changes]
    table = PROPOSALS.c
    update = (
        PROPOSALS.update()
        .where(table.tenant == caller.tenant, table.proposal_id == sa.bindparam("name"))
        .values(state=sa.bindparam("after"), superseded_by=sa.bindparam("by"), snoozed_until=None)
        .values(state_reason="a later plan was stored", version=table.version + 1)
        .values(updated_at=now, updated_by=caller.actor)
    )
    for start in range(0, len(changes), CHUNK):
        connection.execute(update, changes[start : start + CHUNK])


def _record(
    connection: sa.Connection,
    caller: Caller,
    run: PlanRun,
    stored: StoredRun,
    live: Mapping[str, Row],
    now: datetime,
) -> None:
    """Write the run to the audit trail, with the orders that it superseded (drafts that order nothing are no news)."""
    lost = [name for name in stored.superseded if live[name].quantity > 0 or live[name].edited]
    facts = {**stored.counts(), "as_of": run.as_of.isoformat(), "dataset": run.dataset, "superseded_orders": lost}
    audit.record(connection, caller, "plan_run.store", f"/v1/plan-runs/{stored.run_id}", facts, now)

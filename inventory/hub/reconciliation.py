"""Compare all that a channel shows with what it is to show, and mend, hand over or pause (H08, H09, E31)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from core.errors import UnknownResourceError
from inventory.hub.channels import Channel, find_channel, lock_listings, pause
from inventory.hub.hub_tables import CHANNEL_LISTINGS, RECONCILIATIONS

__all__ = [
    "Difference",
    "Outcome",
    "Reconciliation",
    "find_reconciliation",
    "list_reconciliations",
    "reconcile",
]


class Outcome(StrEnum):
    """What a reconciliation led to, from harmless to grave."""

    AGREES = "agrees"
    FIXED = "fixed"
    HANDED_OVER = "handed_over"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Difference:
    """A listing that shows other units than it should; a missing side is None."""

    sku: str | None
    external_id: str
    expected: int | None
    shown: int | None
    action: str

    @property
    def units(self) -> int:
        """Return by how many units it is off."""
        return abs((self.shown or 0) - (self.expected or 0))


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The report: how many listings were compared, which differ, what was done; id: where it is kept, 0 before."""

    channel: str
    checked_at: datetime
    listings: int
    differences: tuple[Difference, ...]
    outcome: Outcome
    reason: str = ""
    id: int = 0


def reconcile(
    connection: sa.Connection,
    tenant: str,
    channel: str,
    shown: Mapping[str, int],
    now: datetime,
    read_at: datetime | None = None,
) -> Reconciliation:
    """Compare and act in the caller's transaction; the report is kept.

    shown: units by the channel's own ids, as its adapter read them. read_at: a moment before it began to read (default:
    now); what changed or was told since, or is not acknowledged yet, is under way and no difference. A difference of
    at most the channel's `fix_units` is told again, a larger one, or a listing that one side does not know, is handed
    to a person. A difference above `pause_units`, or more than `pause_share` of the listings differing, pauses the
    channel: it shows nothing until somebody resumes it.
    """
    rules = find_channel(connection, tenant, channel, lock=True)
    listings = _settled(connection, tenant, channel, read_at or now)
    found = _differences(listings, shown, rules)
    reason = _reason_to_pause(found, len(listings), rules)
    outcome = _outcome(found, reason)
    if outcome is Outcome.PAUSED:
        if rules.paused_because is None:
            pause(connection, tenant, channel, reason, now)
    else:
        _tell_again(connection, tenant, channel, [one for one in found if one.action == "told again"], now)
    report = Reconciliation(channel, now, len(listings), tuple(found), outcome, reason)
    return replace(report, id=_keep(connection, tenant, report))


def list_reconciliations(
    connection: sa.Connection, tenant: str, channel: str, *, before: int | None = None, limit: int = 100
) -> list[Reconciliation]:
    """Return the channel's reports, newest first, those older than the id `before`."""
    find_channel(connection, tenant, channel)
    table = RECONCILIATIONS.c
    wanted = sa.select(RECONCILIATIONS).where(table.tenant == tenant, table.channel == channel)
    if before is not None:
        wanted = wanted.where(table.id < before)
    return [_report(row) for row in connection.execute(wanted.order_by(table.id.desc()).limit(limit))]


def find_reconciliation(connection: sa.Connection, tenant: str, channel: str, report_id: int) -> Reconciliation:
    """Return one report; raises UnknownChannelError, or UnknownResourceError where the channel has none of this id."""
    found = list_reconciliations(connection, tenant, channel, before=report_id + 1, limit=1)
    if not found or found[0].id != report_id:
        raise UnknownResourceError(f"{channel} has no reconciliation {report_id}; list those it has")
    return found[0]


def _report(row: Any) -> Reconciliation:
    differences = tuple(Difference(**one) for one in row.differences)
    outcome = Outcome(row.outcome)
    return Reconciliation(row.channel, row.checked_at, row.listings, differences, outcome, row.reason or "", row.id)


def _settled(
    connection: sa.Connection, tenant: str, channel: str, read_at: datetime
) -> dict[str, tuple[str, int | None]]:
    """Return by the channel's id the SKU and the units that it acknowledged; None while a newer state is under way."""
    table = CHANNEL_LISTINGS.c
    columns = (table.external_id, table.sku, table.told_units, table.told_number, table.told_at, table.wanted_number)
    rows = connection.execute(sa.select(*columns).where(table.tenant == tenant, table.channel == channel))
    return {row.external_id: (row.sku, row.told_units if _is_settled(row, read_at) else None) for row in rows}


def _is_settled(row: Any, read_at: datetime) -> bool:
    return row.told_number == row.wanted_number and row.told_at is not None and row.told_at <= read_at


def _differences(
    listings: Mapping[str, tuple[str, int | None]], shown: Mapping[str, int], rules: Channel
) -> list[Difference]:
    found = []
    for external_id in sorted(listings.keys() | shown.keys()):
        sku, expected = listings.get(external_id, (None, None))
        units = shown.get(external_id)
        if sku is not None and (expected is None or expected == units):
            continue
        known = sku is not None and units is not None
        small = known and abs((units or 0) - (expected or 0)) <= rules.fix_units
        action = "told again" if small else "handed over"
        found.append(Difference(sku, external_id, expected, units, action))
    return found


def _reason_to_pause(found: list[Difference], listings: int, rules: Channel) -> str:
    worst = max(found, key=lambda one: one.units, default=None)
    if worst is not None and worst.units > rules.pause_units:
        name = worst.sku or worst.external_id
        return f"{name} is off by {worst.units} units, more than {rules.pause_units}"
    if listings and len(found) > rules.pause_share * listings:
        return f"{len(found)} of {listings} listings differ, more than {rules.pause_share * 100:.0f} %"
    return ""


def _outcome(found: list[Difference], reason: str) -> Outcome:
    if not found:
        return Outcome.AGREES
    if reason:
        return Outcome.PAUSED
    return Outcome.FIXED if all(one.action == "told again" for one in found) else Outcome.HANDED_OVER


def _tell_again(connection: sa.Connection, tenant: str, channel: str, small: list[Difference], now: datetime) -> None:
    """Give the listings a new number, so that the channel takes what it is told."""
    table = CHANNEL_LISTINGS.c
    wrong = table.tenant == tenant, table.channel == channel, table.sku.in_([one.sku for one in small])
    if small:
        lock_listings(connection, *wrong)
        connection.execute(
            CHANNEL_LISTINGS.update()
            .where(*wrong)
            .values(wanted_number=table.wanted_number + 1, wanted_at=now, due_at=now, attempts=0)
        )


def _keep(connection: sa.Connection, tenant: str, report: Reconciliation) -> int:
    row = {
        "tenant": tenant,
        "channel": report.channel,
        "checked_at": report.checked_at,
        "listings": report.listings,
        "differing": len(report.differences),
        "outcome": report.outcome.value,
        "reason": report.reason[:500] or None,
        "differences": [asdict(one) for one in report.differences],
    }
    kept = RECONCILIATIONS.insert().values(row).returning(RECONCILIATIONS.c.id)
    return int(connection.execute(kept).scalar_one())

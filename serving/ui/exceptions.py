"""What looks wrong, the worst first: the stored alerts, or those that fire where nobody has stored the day's yet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.rule import SEVERITIES
from serving.alerts.routes import alert_answer
from serving.alerts.served import place_for, watched_for
from serving.alerts.store import alert_rows
from serving.alerts.watching import Watched
from serving.ui.visit import Visit

__all__ = ["Exceptions", "exceptions_of"]

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """items: alerts as the API answers them, worst first, then by money. stored: whether they can be acted on."""

    items: Sequence[Item]
    stored: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each severity, the worst first."""
        return {name: sum(item["severity"] == name for item in self.items) for name in reversed(SEVERITIES)}

    @property
    def money(self) -> float:
        """What is at stake, where alerts say it."""
        return sum(item["money"] for item in self.items if item["money"] is not None)


def exceptions_of(visit: Visit, sku: str | None = None, location: str | None = None) -> Exceptions:
    """Return the open alerts of the visit's dataset (of one product only, where asked)."""
    seen = watched_for(visit.request, visit.known, visit.dataset)
    place = place_for(visit.request, visit.known, visit.dataset)
    with visit.platform.database.reading() as connection:
        rows = alert_rows(connection, place, ("open", "snoozed"), sku=sku)
        stored = any(row.last_seen_on == seen.view.as_of for row in rows) or seen.firing.empty
        if not stored and sku is not None:
            stored = any(row.last_seen_on == seen.view.as_of for row in alert_rows(connection, place, limit=1))
    items = [alert_answer(row) for row in rows if row.status == "open"] if stored else _firing(seen)
    wanted = [
        item
        for item in items
        if (sku is None or item["sku"] == sku) and (location is None or item["location"] == location)
    ]
    return Exceptions(sorted(wanted, key=_rank), stored)


def _firing(seen: Watched) -> list[Item]:
    return [_item(row) for row in seen.firing.to_dict("records")]


def _item(row: dict[str, Any]) -> Item:
    told = (
        "alert_id",
        "severity",
        "cause",
        "rule",
        "scope",
        "subject",
        "sku",
        "location",
        "words",
        "evidence",
        "action",
    )
    money = row["money"]
    known = None if money is None or math.isnan(money) else round(float(money), 2)
    return {name: row[name] for name in told} | {"money": known, "version": None, "opened_on": None, "status": "open"}


def _rank(item: Item) -> tuple[int, float, str]:
    return (-SEVERITIES.index(item["severity"]), -(item["money"] or 0.0), item["alert_id"])

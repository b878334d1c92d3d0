"""What looks wrong, the worst first: the stored alerts, or those that fire where nobody has stored the day's yet."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from monitoring.rule import SEVERITIES
from serving.alerts.routes import alert_answer
from serving.alerts.served import place_for, watched_for
from serving.alerts.store import alert_rows
from serving.ui.visit import Visit

__all__ = ["Exceptions", "exceptions_of"]

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """items: alerts as the API answers them, worst first, then by money, as many as asked for. counts: how many there
    are of each severity, the worst first. money: what all of them say is at stake. stored: whether they can be acted
    on.
    """

    items: Sequence[Item]
    counts: Mapping[str, int]
    money: float
    stored: bool

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


def exceptions_of(
    visit: Visit, sku: str | None = None, location: str | None = None, most: int | None = None
) -> Exceptions:
    """Return the open alerts of the visit's dataset (of one product only, where asked), the `most` worst of them."""
    seen = watched_for(visit.request, visit.known, visit.dataset)
    place = place_for(visit.request, visit.known, visit.dataset)
    with visit.platform.database.reading() as connection:
        rows = alert_rows(connection, place, ("open", "snoozed"), sku=sku)
        stored = any(row.last_seen_on == seen.view.as_of for row in rows) or seen.firing.empty
        if not stored and sku is not None:
            stored = any(row.last_seen_on == seen.view.as_of for row in alert_rows(connection, place, limit=1))
    if not stored:
        return _firing(seen.firing, sku, location, most)
    items = [alert_answer(row) for row in rows if row.status == "open"]
    wanted = sorted((item for item in items if location is None or item["location"] == location), key=_rank)
    counts = Counter(item["severity"] for item in wanted)
    money = sum(item["money"] for item in wanted if item["money"] is not None)
    return Exceptions(wanted[:most], {name: counts[name] for name in reversed(SEVERITIES)}, money, True)


def _firing(firing: pd.DataFrame, sku: str | None, location: str | None, most: int | None) -> Exceptions:
    """Return the same of alerts that nobody has stored; they come the worst first, then by money."""
    for name, value in (("sku", sku), ("location", location)):
        if value is not None:
            firing = firing[(firing[name] == value).to_numpy(dtype=bool)]
    counts = firing["severity"].value_counts()
    money = float(np.nansum(firing["money"].to_numpy(dtype=np.float64)))
    items = [_item(row) for row in firing.head(len(firing) if most is None else most).to_dict("records")]
    return Exceptions(items, {name: int(counts.get(name, 0)) for name in reversed(SEVERITIES)}, money, False)


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

"""Closures and working days of suppliers and warehouses, from the tables `events`, `supply` and `locations`."""

from collections.abc import Collection
from datetime import date

import pandas as pd

__all__ = ["CLOSED", "closures", "receiving_days"]

CLOSED = "closed"
"""The kind of an event that closes somebody: its name is a supplier's, or its location is the warehouse's."""


def closures(events: pd.DataFrame, suppliers: Collection[str], locations: Collection[str]) -> dict[str, list[date]]:
    """Return the days on which each supplier or location is closed, rising, by name.

    events: the table `events`; a row of the kind `closed` closes the supplier that it is named after, or else the
    location that it states; one that names neither (a public holiday) closes every supplier.
    """
    shut = events[events["kind"].fillna("").str.casefold() == CLOSED]
    found: dict[str, set[date]] = {}
    for name, place, day in zip(shut["name"], shut["location"], pd.to_datetime(shut["date"]).dt.date, strict=True):
        if name in suppliers:
            who = [name]
        elif isinstance(place, str):
            who = [place] if place in locations else []
        else:
            who = list(suppliers)
        for one in who:
            found.setdefault(str(one), set()).add(day)
    return {name: sorted(days) for name, days in sorted(found.items())}


def receiving_days(locations: pd.DataFrame) -> dict[str, str]:
    """Return the weekdays on which each location takes goods: its column `receiving_days`, such as `mon,thu`."""
    if "receiving_days" not in locations:
        return {}
    told = locations.dropna(subset=["receiving_days"])
    return dict(zip(told["location"].astype(str), told["receiving_days"].astype(str), strict=True))

"""Public holidays of a country as rows of the events table, from the `holidays` library."""

import difflib
from functools import lru_cache

import numpy as np
import pandas as pd

from core.errors import ConfigurationError

__all__ = ["with_holidays"]


def with_holidays(
    events: pd.DataFrame | None, country: str, start: np.datetime64, last: np.datetime64
) -> pd.DataFrame | None:
    """Return the events and, on days that none of them names everywhere, the public holidays of `country`.

    country: two capitals, or with a region (`US`, `DE-BY`); empty: events alone. start, last: first and last day.
    A holiday is known ahead without exception: its date follows from a rule.
    Raises ConfigurationError for a country or region that the library does not know.

    >>> with_holidays(None, "US", np.datetime64("2024-07-01"), np.datetime64("2024-07-31"))["name"].tolist()
    ['Independence Day']
    """
    if not country:
        return events
    days = _days(country, int(str(start)[:4]), int(str(last)[:4]))
    table = pd.DataFrame(days, columns=["date", "name"])
    table["date"] = pd.to_datetime(table["date"]).astype("datetime64[s]")
    table = table[(table["date"] >= pd.Timestamp(start)) & (table["date"] <= pd.Timestamp(last))]
    table = table.assign(kind="holiday", location=np.nan).astype({"name": "str", "kind": "str", "location": "str"})
    if events is None or events.empty:
        return table.reset_index(drop=True)
    taken = events.loc[events["location"].isna(), "date"]
    return pd.concat([events, table[~table["date"].isin(taken)]], ignore_index=True)


@lru_cache(maxsize=32)
def _days(country: str, first: int, last: int) -> tuple[tuple[str, str], ...]:
    """Return (ISO day, name) of the public holidays of the years `first` … `last`; observed substitutes included."""
    import holidays

    code, _, region = country.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if code not in known:
        raise ConfigurationError(f"dataset.toml: features.holidays = {country!r} is no country; {_near(code, known)}")
    if region and region not in known[code]:
        raise ConfigurationError(
            f"dataset.toml: features.holidays = {country!r} names no region of {code}; {_near(region, known[code])}"
        )
    found = holidays.country_holidays(code, subdiv=region or None, years=range(first, last + 1), language="en_US")
    return tuple((str(day), name.split(";")[0]) for day, name in sorted(found.items()))


def _near(name: str, known: list[str] | dict[str, list[str]]) -> str:
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)
    return f"did you mean {' or '.join(near)}?" if near else "leave it empty for no holidays"

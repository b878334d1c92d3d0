"""The dense panel: sales tables become [series × period] arrays that end where `as_of` begins."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InsufficientHistoryError
from core.frequency import Frequency
from features.calendar import EventCalendar, build_events
from features.censoring import Imputation, impute_censored
from features.covariates import KnownAhead, build_known_ahead, published_by
from features.groups import Pools, build_groups, build_pools
from features.history import History, build_history
from features.holidays_calendar import with_holidays
from features.launch import launch_periods
from features.signals import SignalLayer, build_returns, build_signals
from features.silence import doubt_silences

__all__ = ["Panel", "build_panel"]

SPARE_PERIODS = 400
"""Periods after `as_of` for which calendars and facts known ahead are laid out: the longest horizon and a little."""


@dataclass(frozen=True, slots=True)
class Panel:
    """History of n series over T periods, and what is known ahead for later ones.

    series: n rows `sku, location`, sorted by both.
    start: first day of period 0; period T is the period of `as_of`, the first one not observed.
    history: units, observed mask, stock and price, each (n, T).
    known: covariates known ahead, (n, T + spare); events: distance and identity of events by period.
    groups: (G, n) int32 codes of categories; `group_names` names their columns, `group_labels` the codes.
    signals: what is known only afterwards, as it became known; returns: units that came back, in the same form.
    launched: (n,) period of launch; pools: codes of the groups, of any number, whose levels stand in for a newcomer's.
    """

    series: pd.DataFrame
    frequency: Frequency
    start: np.datetime64
    history: History
    known: KnownAhead
    events: EventCalendar
    groups: npt.NDArray[np.int32]
    group_names: tuple[str, ...]
    group_labels: tuple[tuple[str, ...], ...]
    signals: tuple[SignalLayer, ...]
    returns: SignalLayer | None
    launched: npt.NDArray[np.int32]
    pools: Pools

    @property
    def periods(self) -> int:
        """Periods observed, T."""
        return self.history.units.shape[1]

    @property
    def as_of(self) -> date:
        """First day not yet observed."""
        return self.dates(self.periods, 1)[0].astype(object)

    @property
    def last_observed(self) -> date:
        """First day of the newest period in which any series has a fact."""
        return self.dates(int(self.history.last_reported), 1)[0].astype(object)

    @property
    def integer_valued(self) -> bool:
        """Whether all units seen are whole numbers."""
        return self.history.integer_valued

    def dates(self, first: int, count: int) -> npt.NDArray[np.datetime64]:
        """Return the first days of `count` periods from period `first` on."""
        return self.start + (first + np.arange(count)) * np.timedelta64(self.frequency.period_days, "D")

    def fingerprint(self) -> str:
        """Return a digest of history, signals and returns: equal for equal facts, however long a panel was once.

        Part of it is what the codes of categories and events stand for, because a model knows the codes only.
        """
        history = self.history
        told = (history.units > 0).any(axis=1) | (history.observed > 0).any(axis=1)
        digest = hashlib.blake2b(f"{self.frequency}{self.start}{self.periods}".encode(), digest_size=16)
        digest.update(repr((self.group_names, self.group_labels, self.events.names, self.known.names)).encode())
        digest.update("\x1f".join(self.series.loc[told, "sku"]).encode())
        digest.update("\x1f".join(self.series.loc[told, "location"]).encode())
        for facts in (history.units, history.observed, history.price):
            digest.update(np.ascontiguousarray(facts[told]).tobytes())
        for layer in (*self.signals, *([] if self.returns is None else [self.returns])):
            layer.add_to(digest, np.asarray(told, dtype=bool), self.periods)
        return digest.hexdigest()

    def origin_of(self, day: date) -> int:
        """Return the period that `day` lies in, counted from the panel's start."""
        return int(self.frequency.index(np.datetime64(day, "D"), self.start))

    def before(self, origin: int) -> Self:
        """Return the panel as it would have been had `as_of` been period `origin`; arrays are views, not copies."""
        return replace(self, history=self.history.before(origin))

    def as_believed(self) -> Self:
        """Return the panel as features see it: periods of a doubted silence (`features.silence`) are unknown."""
        return self if self.history.believed is None else replace(self, history=self.history.as_believed())


def build_panel(
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    as_of: date,
    holidays: str = "",
    imputation: Imputation | str = Imputation.MASK,
) -> Panel:
    """Return the panel of all facts dated before `as_of` (or known ahead of it).

    tables: the dataset's tables by name; only `sales` must be there. holidays: country whose public holidays are
    events too (`US`, `DE-BY`); empty: none. imputation: what becomes of periods whose demand is censored
    (`features.censoring`).
    Raises InsufficientHistoryError when no sales are dated before `as_of`, ConfigurationError for a country or an
    imputation that is not known.
    """
    cut = frequency.first_day(np.datetime64(as_of, "D"))
    sales = tables["sales"]
    sales = sales[sales["date"].to_numpy().astype("datetime64[D]") < cut]
    if sales.empty:
        raise InsufficientHistoryError(f"no sales are dated before as_of {as_of}; choose a later as_of or add history")
    start = frequency.first_day(sales["date"].min().to_datetime64())
    periods = int(frequency.index(cut, start))
    series, history = build_history(sales, frequency, start, periods)
    week = 7 // frequency.period_days
    history = impute_censored(history, week, Imputation.parse(imputation))
    history = doubt_silences(history, frequency.period_days)
    groups, group_names, group_labels = build_groups(series, tables)
    span = periods + SPARE_PERIODS
    last = start + np.timedelta64(span * frequency.period_days - 1, "D")
    events = with_holidays(tables.get("events"), holidays, start, last)
    return Panel(
        series=series,
        frequency=frequency,
        start=start,
        history=history,
        known=build_known_ahead(series, published_by(tables, cut), frequency, start, span),
        events=build_events(series, events, frequency, start, span),
        groups=groups,
        group_names=group_names,
        group_labels=group_labels,
        signals=build_signals(series, tables, frequency, start, periods),
        returns=build_returns(series, tables, frequency, start, periods),
        launched=launch_periods(series, tables.get("products"), history.first, frequency, start),
        pools=build_pools(series, tables),
    )

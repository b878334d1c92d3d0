"""Which features are built: their blocks, windows and order, fixed when a model is trained and stored with it."""

from collections.abc import Collection
from dataclasses import dataclass

from core.frequency import Frequency
from features.block import Block, Column
from features.calendar import WITHIN_MONTH, WITHIN_YEAR
from features.catalogue import FIRST_BLOCKS, block_named, switched_on
from features.panel import Panel
from features.signal_blocks import family_of
from features.signal_response import signal_response
from features.signal_rows import signal_windows

__all__ = ["MOST_SIGNALS", "FeatureSpecification", "signal_choice", "specify_features"]

LEAST_COVERAGE = 0.9
"""A covariate is used for future periods only where it is known for this share of them at `as_of`."""

MOST_SIGNALS = 12
"""Signals known only afterwards that a model uses at most; each costs six columns."""

SEASONAL_GROUPS = 3
"""Group columns (the first being all series) that get seasonal indices of their own."""


LEAST_MONTHS = 6
"""Months of history from which on the day of the month is a feature."""


@dataclass(frozen=True, slots=True)
class FeatureSpecification:
    """A model's input, in words: everything needed to build the same columns again.

    windows: six rising window lengths in periods; season: periods of the weekday cycle (1: none); year: periods of a
    year; calendar: the calendar columns that are used; known: covariates known ahead that are used for the target
    period; groups: group columns used as categories; seasonal_groups: the first of them, which get seasonal indices;
    blocks: names of the blocks that are on; signals: signals known only afterwards that are used; relative: those of
    which only changes are; pools: groups whose level is told; responses: of each signal its lead and the response of
    demand by lag (`features.signal_response`), one signal after another.
    """

    frequency: Frequency
    windows: tuple[int, ...]
    season: int
    year: int
    calendar: tuple[str, ...]
    known: tuple[str, ...]
    groups: tuple[str, ...]
    seasonal_groups: int
    blocks: tuple[str, ...] = FIRST_BLOCKS
    signals: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    responses: tuple[float, ...] = ()

    def response_of(self, signal: str) -> tuple[float, ...]:
        """Return a signal's part of `responses`; empty for models that were stored before there were any."""
        size = len(self.responses) // max(len(self.signals), 1)
        place = self.signals.index(signal)
        return self.responses[place * size : (place + 1) * size]

    def blocks_on(self) -> tuple[Block, ...]:
        """Return the blocks that are on, in the order of their columns."""
        return tuple(block_named(name) for name in self.blocks)

    def columns(self) -> tuple[Column, ...]:
        """Return all columns, in order."""
        return tuple(column for block in self.blocks_on() for column in block.columns(self))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns())

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the columns whose numbers are codes."""
        return tuple(column.name for column in self.columns() if column.categorical)


def specify_features(
    panel: Panel, horizon: int, without: Collection[str] = (), also: Collection[str] = ()
) -> FeatureSpecification:
    """Return the features that can be built for forecasts of `horizon` periods from the end of the panel on.

    without: blocks to leave out; also: blocks to use that are off by default.
    A covariate that is not known for the coming periods is left out, so that training never leans on a column that
    forecasting will not have; so is a block that the panel has no facts for.
    Raises UsageError, with the nearest name there is, for a block that is not known.
    """
    panel = panel.as_believed()
    daily = panel.frequency is Frequency.DAILY
    year = 364 if daily else 52
    covered = panel.known.covered(panel.periods, horizon)
    known = tuple(name for name, share in zip(panel.known.names, covered, strict=True) if share >= LEAST_COVERAGE)
    on = tuple(block.name for block in switched_on(without, also) if not block.missing(panel))
    signals = tuple(name for name, why in signal_choice(panel, also).items() if not why and family_of(name) in on)
    responses = [signal_response(panel, layer) for name in signals for layer in panel.signals if layer.name == name]
    return FeatureSpecification(
        frequency=panel.frequency,
        windows=(7, 14, 28, 56, 112, 364) if daily else (2, 4, 8, 13, 26, 52),
        season=7 if daily else 1,
        year=year,
        calendar=_calendar(panel, year),
        known=known,
        groups=panel.group_names[1:],
        seasonal_groups=min(SEASONAL_GROUPS, len(panel.group_names)),
        blocks=on,
        signals=signals,
        relative=tuple(
            layer.name for layer in panel.signals if layer.name in signals and layer.rescaled(panel.periods)
        ),
        pools=tuple(panel.pools),
        responses=tuple(number for item in responses for number in item.numbers),
    )


def signal_choice(panel: Panel, also: Collection[str] = ()) -> dict[str, str]:
    """Return each signal known only afterwards, those told of most first, and why it is left out (empty: it is used).

    Named signals of the trade come before any other; of all, MOST_SIGNALS are used at most. One that has told nothing
    of later demand beyond chance is left out, unless its block is one of `also`: asked for by name.
    """
    year = 364 // panel.frequency.period_days
    quarter = signal_windows(panel.frequency).quarter
    shares = {layer.name: layer.coverage(panel.periods, year) for layer in panel.signals}
    fresh = {layer.name: layer.coverage(panel.periods, quarter) > 0 for layer in panel.signals}
    order = sorted(shares, key=lambda name: (family_of(name) == "signals", -shares[name], name))
    choice: dict[str, str] = {}
    layers = {layer.name: layer for layer in panel.signals}
    for name in order:
        if not fresh[name]:
            choice[name] = "no value of the last quarter is known"
        elif sum(not why for why in choice.values()) >= MOST_SIGNALS:
            choice[name] = f"{MOST_SIGNALS} signals are told of more"
        elif _screened(name, also) and (found := signal_response(panel, layers[name])).silent:
            choice[name] = (
                f"it told nothing of later demand: correlation {found.correlation:.3f} at most, chance alone "
                f"{found.chance:.3f}"
            )
        else:
            choice[name] = ""
    return choice


def _screened(name: str, also: Collection[str]) -> bool:
    """Return whether a signal has to show what it tells: its block is on without having been asked for by name."""
    block = block_named(family_of(name))
    return block.default and block.name not in also


def _calendar(panel: Panel, year: int) -> tuple[str, ...]:
    """Return the calendar columns whose every value history has seen often enough.

    The place in the year, or the day of the month in a history of few months, tells a model which week or day it was,
    and that day's chance is learned by heart: on 48 days of groceries it cost 2 points of bias.
    """
    within_month: tuple[str, ...] = WITHIN_MONTH if panel.frequency is Frequency.DAILY else ()
    if panel.periods < LEAST_MONTHS * 31:
        within_month = tuple(name for name in within_month if name != "day_of_month")
    return (*within_month, *(WITHIN_YEAR if panel.periods >= 2 * year else ()))

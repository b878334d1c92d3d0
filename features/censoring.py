"""Censored demand: what was probably asked for in periods when the item could not be bought all of the time.

Three ways: `mask` leaves such periods unknown; `partial` scales the units of a partly stocked period by the share of
demand that history shows to come in such a share of a period; `expected` puts in the expectation of demand given that
at least the units sold were asked for. Each period's estimate uses facts of earlier periods and its own only, so that
a panel cut at any day has the same numbers.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special

from core.errors import ConfigurationError
from features.history import History

__all__ = ["IMPUTED_WEIGHT", "Imputation", "ImputationSettings", "expected_above", "impute_censored", "rising_shares"]

Array = npt.NDArray[np.float64]

IMPUTED_WEIGHT = 0.99
"""`observed` of an imputed period: it counts nearly whole in features; being below 1 tells it from demand seen."""

LEAST_MEAN = 1e-4
LEAST_RATIO = 1.02
LEAST_SPREAD = 1e-3


class Imputation(StrEnum):
    """How periods with censored demand enter the panel."""

    MASK = "mask"
    PARTIAL = "partial"
    EXPECTED = "expected"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the imputation called `text`; raises ConfigurationError for any other word."""
        try:
            return cls(text)
        except ValueError:
            known = ", ".join(f'"{member}"' for member in cls)
            raise ConfigurationError(f"imputation {text!r} is not known; use one of {known}") from None


@dataclass(frozen=True, slots=True)
class ImputationSettings:
    """How demand around a censored period is known, and how far an estimate is trusted.

    level_weight, spread_weight: weight of the newest period in a series' running level and variance.
    longest_outage: periods of an outage that are filled; in a longer one nobody knows what demand was.
    share_bins: steps of the in-stock share; share_periods: periods after which the shares are learned anew;
    least_expected: units expected in partly stocked periods below which their shares of demand are not yet known;
    least_share: share of demand below which scaling would blow up chance. price_steps: price ÷ regular price that parts
    no discount from small, middle and deep ones, whose lift of demand is learned over all series; the regular price is
    the highest of late, losing price_fade a day.
    """

    level_weight: float = 0.16
    spread_weight: float = 0.02
    longest_outage: int = 28
    share_bins: int = 20
    share_periods: int = 28
    least_expected: float = 200.0
    least_share: float = 0.2
    price_steps: tuple[float, ...] = (0.97, 0.88, 0.75)
    price_fade: float = 0.003


def expected_above(units: Array, mean: Array, ratio: Array, integer_valued: bool) -> Array:
    """Return E[D | D ≥ units] of demand D with `mean` μ and variance ratio φ = variance ÷ mean, element by element.

    Counts are negative binomial of size r = μ ÷ (φ − 1): E = μ·P(D′ ≥ y − 1) ÷ P(D ≥ y) with D′ of size r + 1 and the
    same φ. Amounts are gamma of shape k = μ ÷ φ: E = μ·Q(k + 1, y ÷ φ) ÷ Q(k, y ÷ φ). Both follow from y·p(y) being a
    multiple of the density of the distribution one step up.

    >>> expected_above(np.array([0.0, 3.0]), np.array([2.0, 2.0]), np.array([1.5, 1.5]), True).round(3).tolist()
    [2.0, 4.06]
    """
    mean = np.maximum(mean, LEAST_MEAN)
    if integer_valued:
        ratio = np.maximum(ratio, LEAST_RATIO)
        count = np.ceil(np.maximum(units, 0.0))
        size, odds = mean / (ratio - 1), 1 - 1 / ratio
        beyond = np.where(count > 0, special.betainc(np.maximum(count, 1), size, odds), 1.0)
        shifted = np.where(count > 1, special.betainc(np.maximum(count - 1, 1), size + 1, odds), 1.0)
    else:
        ratio = np.maximum(ratio, LEAST_SPREAD)
        count = np.maximum(units, 0.0)
        beyond = special.gammaincc(mean / ratio, count / ratio)
        shifted = special.gammaincc(mean / ratio + 1, count / ratio)
    known = beyond > 1e-12
    return np.where(known, np.maximum(mean * shifted / np.where(known, beyond, 1.0), count), count)


def rising_shares(sold: Array, expected: Array) -> Array:
    """Return (B,) the share of a whole period's demand sold in each step of the in-stock share: never falling, 0 … 1.

    sold, expected: (B,) units sold, and expected in whole periods, over all partly stocked periods of each step. The
    ratio of sums, pooled where it falls (pool adjacent violators, weights `expected`).
    """
    blocks: list[list[float]] = []
    for place in range(len(sold)):
        blocks.append([sold[place], expected[place], 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            top = blocks.pop()
            blocks[-1] = [low + high for low, high in zip(blocks[-1], top, strict=True)]
    values = [total / weight if weight > 0 else 0.0 for total, weight, _ in blocks]
    return np.minimum(np.repeat(values, [int(size) for _, _, size in blocks]), 1.0)


def impute_censored(
    history: History, season: int, imputation: Imputation, settings: ImputationSettings | None = None
) -> History:
    """Return the history with censored periods filled as `imputation` says; `mask` returns it as it is.

    season: periods of the weekday cycle (1: none). Filled periods have `observed` IMPUTED_WEIGHT; those before a series
    was first seen, deep in a long outage, or without enough to learn from stay unknown.
    """
    if imputation is Imputation.MASK:
        return history
    settings = settings or ImputationSettings()
    units, observed = history.units.copy(), history.observed.copy()
    state = _State.begin(len(units), season, settings, history.integer_valued)
    outage = np.zeros(len(units), dtype=np.int64)
    for time in range(min(history.last_reported + 1, units.shape[1])):
        state.learn_shares(time)
        state.watch_prices(history.price[:, time])
        place = time % season
        seen = history.observed[:, time] > 0
        outage = np.where(seen, 0, outage + 1)
        hidden = np.flatnonzero(~seen & (state.count > 0) & (outage <= settings.longest_outage))
        if len(hidden):
            _fill(history, state, hidden, time, imputation, units, observed)
        state.absorb(np.flatnonzero(seen), history.units[:, time], place)
    return replace(history, units=units, observed=observed, believed=None)


def _fill(
    history: History,
    state: "_State",
    hidden: npt.NDArray[np.int64],
    time: int,
    imputation: Imputation,
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
) -> None:
    """Fill the cells of series `hidden` in one period, and let the state learn from them."""
    sold = history.units[hidden, time].astype(np.float64)
    stocked = history.in_stock[hidden, time].astype(np.float64)
    place = time % state.season
    mean, ratio = state.mean(hidden, place), state.ratio(hidden)
    estimate = expected_above(sold, mean, ratio, history.integer_valued)
    state.watch_shares(sold, stocked, estimate)
    usable = np.ones(len(hidden), dtype=bool)
    if imputation is Imputation.PARTIAL:
        share = state.share_of(stocked)
        usable = np.isfinite(share) & (share >= state.settings.least_share) & (stocked > 0)
        estimate = sold / np.where(usable, share, 1.0)
    state.follow(hidden[usable], estimate[usable], place)
    units[hidden[usable], time] = estimate[usable]
    observed[hidden[usable], time] = IMPUTED_WEIGHT


@dataclass(slots=True)
class _State:
    """What is known of every series before a period: level, spread, weekday, price response, shares of partial periods.

    depth: (n,) step of this period's price below the regular one.
    """

    settings: ImputationSettings
    season: int
    integer_valued: bool
    level: Array
    square: Array
    base: Array
    count: npt.NDArray[np.int64]
    rhythm_sold: Array
    rhythm_level: Array
    sold_by_share: Array
    expected_by_share: Array
    shares: Array | None
    regular: Array
    depth: npt.NDArray[np.int64]
    lift_sold: Array
    lift_expected: Array

    @classmethod
    def begin(cls, series: int, season: int, settings: ImputationSettings, integer_valued: bool) -> "_State":
        none = np.zeros(series)
        steps = np.zeros(settings.share_bins)
        return cls(
            settings, season, integer_valued, none, none.copy(), none.copy(), np.zeros(series, dtype=np.int64),
            np.zeros(season), np.zeros(season), steps, steps.copy(), None,
            np.full(series, np.nan), np.zeros(series, dtype=np.int64), *np.zeros((2, len(settings.price_steps) + 1)),
        )  # fmt: skip

    def rhythm(self, place: int) -> float:
        """Return the pooled index of a place in the week, over the mean of those known."""
        known = self.rhythm_level > 0
        index = self.rhythm_sold[known] / self.rhythm_level[known]
        usual = index.mean() if known.any() else 0.0
        if not known[place] or not usual > 0:
            return 1.0
        return float(np.clip(self.rhythm_sold[place] / self.rhythm_level[place] / usual, 0.1, 10.0))

    def watch_prices(self, price: npt.NDArray[np.float32]) -> None:
        """Note how deep below its regular price each series is sold in this period; 0 where no price is known."""
        self.regular = np.fmax(price, self.regular * (1 - self.settings.price_fade * 7 / self.season))
        self.depth = (price[:, None] < self.regular[:, None] * np.array(self.settings.price_steps)).sum(axis=1)

    def lift(self, who: npt.NDArray[np.int64]) -> Array:
        """Return demand at this period's price ÷ demand at the regular one, over all series; 1 while not known."""
        known = self.lift_expected >= self.settings.least_expected
        lift = np.where(known, self.lift_sold / np.where(known, self.lift_expected, 1.0), 1.0)
        lift[0] = 1.0
        return np.clip(lift, 0.2, 20.0)[self.depth[who]]

    def mean(self, who: npt.NDArray[np.int64], place: int) -> Array:
        """Return the expected units of a whole period."""
        return np.maximum(self.level[who] * self.rhythm(place) * self.lift(who), LEAST_MEAN)

    def ratio(self, who: npt.NDArray[np.int64]) -> Array:
        """Return the variance ratio, drawn to that of all series while a series is new."""
        pooled = self.square.sum() / max(self.base.sum(), 1e-9)
        weight = np.minimum(self.count[who], 30) / 30
        own = self.square[who] / np.maximum(self.base[who], 1e-9)
        return weight * own + (1 - weight) * pooled

    def follow(self, who: npt.NDArray[np.int64], units: Array, place: int) -> None:
        """Move the levels towards the units of one period."""
        gain = np.maximum(self.settings.level_weight, 1.0 / (self.count[who] + 1.0))
        self.level[who] += gain * (units / (self.rhythm(place) * self.lift(who)) - self.level[who])

    def absorb(self, who: npt.NDArray[np.int64], units: npt.NDArray[np.float32], place: int) -> None:
        """Learn level, spread, rhythm and price response from whole periods of series `who`."""
        sold = units[who].astype(np.float64)
        told = self.count[who] > 0
        mean = self.mean(who, place)
        gain = np.maximum(self.settings.spread_weight, 1.0 / np.maximum(self.count[who], 1))
        self.square[who] += np.where(told, gain * ((sold - mean) ** 2 - self.square[who]), 0.0)
        self.base[who] += np.where(told, gain * (mean - self.base[who]), 0.0)
        usual = self.level[who] * self.rhythm(place)
        np.add.at(self.lift_sold, self.depth[who][told], sold[told])
        np.add.at(self.lift_expected, self.depth[who][told], usual[told])
        self.follow(who, sold, place)
        fade = 1 - self.settings.level_weight
        plain = sold[told] / self.lift(who)[told]
        self.rhythm_sold[place] = fade * self.rhythm_sold[place] + plain.sum()
        self.rhythm_level[place] = fade * self.rhythm_level[place] + self.level[who][told].sum()
        self.count[who] += 1

    def _steps(self, stocked: Array) -> npt.NDArray[np.int64]:
        return np.minimum((stocked * self.settings.share_bins).astype(np.int64), self.settings.share_bins - 1)

    def watch_shares(self, sold: Array, stocked: Array, expected: Array) -> None:
        """Note what partly stocked periods sold beside what they would have sold in whole.

        Beside the plain mean the shares would be too large: stock runs out on days of high demand.
        """
        partly = stocked > 0
        steps = self._steps(stocked[partly])
        np.add.at(self.sold_by_share, steps, sold[partly])
        np.add.at(self.expected_by_share, steps, expected[partly])

    def learn_shares(self, time: int) -> None:
        """Learn the shares anew, now and then, from all periods before this one."""
        if time % self.settings.share_periods == 0 and self.expected_by_share.sum() >= self.settings.least_expected:
            self.shares = rising_shares(self.sold_by_share, self.expected_by_share)

    def share_of(self, stocked: Array) -> Array:
        """Return the share of a period's demand that comes in each in-stock share; NaN while that is not known."""
        if self.shares is None:
            return np.full(len(stocked), np.nan)
        bins = self.settings.share_bins
        points = np.r_[0.0, (np.arange(bins) + 0.5) / bins, 1.0]
        return np.interp(stocked, points, np.r_[0.0, self.shares, 1.0])

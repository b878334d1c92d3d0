"""Simulated: the true mean and dispersion of demand of every sku on every day, and the forces behind them.

log mean = level + weekday + season + life cycle + price + promotion + events + keyword interest `keyword_lead` days
ago + latent shifts + competitor stock-outs. Given the mean, a day's demand is negative binomial and independent of all
else.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Forces", "MarketSettings", "draw_forces"]

Array = npt.NDArray[np.float64]

FIRST_DAY = np.datetime64("2022-01-03", "D")
"""Day 0 where nobody says otherwise, a Monday."""

PLANNED_DAYS = 60
"""Days after the last day of sales for which promotions are planned."""


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """A simulated marketplace: `series` skus over `days` days; the same settings give the same market.

    signals_informative: False gives every sku the signals of another one.
    keyword_lead: days by which searches lead demand; keyword_lag: days after which their volume is published.
    market_lead: days by which the sales of all sellers, which the best-seller rank follows, lead the own share of them.
    keyword_strength, shift_strength: size of keyword-led shocks and of latent shifts (in logs); 0 switches one off.
    stock_cover: share of mean lead-time demand at which the stock process reorders; less means more stock-outs.
    """

    series: int = 600
    days: int = 760
    seed: int = 20240415
    signals_informative: bool = True
    keyword_lead: int = 10
    keyword_lag: int = 2
    market_lead: int = 3
    keyword_strength: float = 1.0
    shift_strength: float = 0.6
    stock_cover: float = 1.35
    first_day: np.datetime64 = FIRST_DAY


@dataclass(frozen=True, slots=True)
class Forces:
    """What moves demand; n skus over D days (span: and the planned days after them).

    mean: (n, D) true mean demand. size: (n,) of the negative binomial: variance = mean + mean² ÷ size.
    market_mean: (n, D) mean sales of all sellers of the listing; interest: (K, D) log keyword volume over its usual.
    keyword_of: (n, 2) keywords of each sku; keyword_weight: (n, 2) their weights. volume: (K,) usual volume.
    competitor_in_stock, competitor_price: (n, D). regular: (n, span) price without promotions; discount: (n, span).
    launched: (n,) first day of sale. category, brand: (n,) codes. events: (span,) True on sale days.
    """

    mean: Array
    size: Array
    market_mean: Array
    interest: Array
    keyword_of: npt.NDArray[np.int64]
    keyword_weight: Array
    volume: Array
    competitor_in_stock: Array
    competitor_price: Array
    regular: Array
    discount: Array
    launched: npt.NDArray[np.int64]
    category: npt.NDArray[np.int64]
    brand: npt.NDArray[np.int64]
    events: npt.NDArray[np.bool_]


def draw_forces(settings: MarketSettings) -> Forces:
    """Return the market's forces, drawn from its seed."""
    streams = [np.random.default_rng(part) for part in np.random.SeedSequence(settings.seed).spawn(7)]
    count, days = settings.series, settings.days
    span = days + PLANNED_DAYS
    category = streams[0].integers(0, 6, count)
    regular, discount = _prices(streams[1], count, span)
    events = _sale_days(settings.first_day, span)
    launched, life = _life_cycles(streams[2], count, days)
    keyword_of, weight, interest = _keywords(streams[3], settings)
    competitor_in_stock, competitor_price = _competitors(streams[4], count, days)
    early = interest[:, : interest.shape[1] - settings.keyword_lead]
    late = interest[:, settings.keyword_lead :]
    shift = _latent_shifts(streams[5], settings)
    base = streams[6].normal(0.9, 0.9, count)[:, None] + _rhythm(streams[0], category, settings.first_day, days) + life
    base += _price_response(streams[1], regular, discount, competitor_price, days) + np.where(events[:days], 0.6, 0.0)
    base += np.where(competitor_in_stock > 0, 0.0, 0.4)
    own = base + (early[keyword_of] * weight[:, :, None]).sum(axis=1) + shift[:, :days]
    market = base + (early[keyword_of] * weight[:, :, None]).sum(axis=1) + shift[:, settings.market_lead :]
    share = streams[6].uniform(0.05, 0.3, count)[:, None]
    on_sale = np.arange(days) >= launched[:, None]
    return Forces(
        mean=np.where(on_sale, np.exp(own), 0.0),
        size=np.exp(streams[6].normal(1.6, 0.4, count)),
        market_mean=np.where(on_sale, np.exp(market) / share, 0.0),
        interest=late[:, :days],
        keyword_of=keyword_of,
        keyword_weight=weight,
        volume=np.rint(np.exp(streams[6].normal(8.0, 0.8, len(interest)))),
        competitor_in_stock=competitor_in_stock,
        competitor_price=competitor_price,
        regular=regular,
        discount=discount,
        launched=launched,
        category=category,
        brand=streams[0].integers(0, 12, count),
        events=events,
    )


def _spells(draw: np.random.Generator, shape: tuple[int, int], chance: float, least: int, most: int) -> Array:
    """Return 1 in spells of least … most days that begin on any day with `chance`, else 0."""
    starts = draw.random(shape) < chance
    lengths = np.where(starts, draw.integers(least, most + 1, shape), 0)
    ends = np.maximum.accumulate(np.where(starts, np.arange(shape[1]) + lengths, 0), axis=1)
    return (np.arange(shape[1]) < ends).astype(np.float64)


def _decaying(shocks: Array, keep: float) -> Array:
    """Return x(t) = keep · x(t-1) + shock(t), row by row."""
    state = np.zeros(shocks.shape)
    state[:, 0] = shocks[:, 0]
    for day in range(1, shocks.shape[1]):
        state[:, day] = keep * state[:, day - 1] + shocks[:, day]
    return state


def _rhythm(draw: np.random.Generator, category: npt.NDArray[np.int64], first: np.datetime64, days: int) -> Array:
    """Return (n, D) weekday and yearly season in logs, by category with a little of each sku's own."""
    dates = first + np.arange(days)
    weekday = (dates.astype(np.int64) + 3) % 7
    shape = np.array([-0.1, -0.15, -0.1, 0.0, 0.15, 0.25, 0.1])
    tilt = draw.uniform(0.2, 1.6, 6)[category] * np.exp(draw.normal(0, 0.2, len(category)))
    angle = 2 * np.pi * dates.astype(np.int64) / 365.25
    phase, amplitude = draw.uniform(0, 2 * np.pi, 6)[category], draw.uniform(0.1, 0.5, 6)[category]
    return tilt[:, None] * shape[weekday] + amplitude[:, None] * np.sin(angle[None, :] + phase[:, None])


def _life_cycles(draw: np.random.Generator, count: int, days: int) -> tuple[npt.NDArray[np.int64], Array]:
    """Return (n,) launch days (0: before the history) and (n, D) log life cycle: launch curve, decline, slow trend."""
    kind = draw.random(count)
    launched = np.where(kind < 0.2, draw.integers(1, max(days - 60, 2), count), 0)
    age = np.arange(days)[None, :] - launched[:, None]
    ramp = np.where(launched[:, None] > 0, np.log(1.05 - np.exp(-np.maximum(age, 0) / 30.0)), 0.0)
    start = draw.integers(days // 4, max(days, days // 4 + 1), count)[:, None]
    decline = np.where((kind > 0.85)[:, None], -0.004 * np.maximum(np.arange(days) - start, 0), 0.0)
    trend = draw.normal(0, 0.15, count)[:, None] * (np.arange(days) / 365.25 - 1)
    return launched, ramp + np.maximum(decline, -2.5) + trend


def _prices(draw: np.random.Generator, count: int, span: int) -> tuple[Array, Array]:
    """Return (n, span) regular prices, which change now and then, and the discounts of planned promotions."""
    changes = np.where(draw.random((count, span)) < 1 / 150, draw.normal(0, 0.06, (count, span)), 0.0)
    regular = np.round(np.exp(draw.normal(2.8, 0.6, count)[:, None] + changes.cumsum(axis=1)), 2)
    on = _spells(draw, (count, span), 1 / 70, 3, 10) > 0
    begins = on & ~np.pad(on, ((0, 0), (1, 0)))[:, :-1]
    depth = np.where(begins, draw.choice([0.1, 0.15, 0.2, 0.3], (count, span)), 0.0)
    place = np.maximum.accumulate(np.where(begins, np.arange(span), 0), axis=1)
    return regular, np.where(on, np.take_along_axis(depth, place, axis=1), 0.0)


def _price_response(
    draw: np.random.Generator, regular: Array, discount: Array, competitor_price: Array, days: int
) -> Array:
    """Return (n, D) own elasticity −1 … −3, a promotion's own pull, and a cross elasticity of 0.4, in logs."""
    elasticity = draw.uniform(1.0, 3.0, len(regular))[:, None]
    paid = regular[:, :days] * (1 - discount[:, :days])
    usual = regular[:, :1]
    pull = np.where(discount[:, :days] > 0, 0.15, 0.0)
    return -elasticity * np.log(paid / usual) + pull + 0.4 * np.log(competitor_price)


def _keywords(draw: np.random.Generator, settings: MarketSettings) -> tuple[npt.NDArray[np.int64], Array, Array]:
    """Return each sku's two keywords, their weights, and (K, lead + D) interest: surges that rise and fade.

    Column t of the interest moves demand on day t and is searched `keyword_lead` days earlier.
    """
    number = max(settings.series // 4, 2)
    first = draw.integers(0, number, settings.series)
    second = (first + draw.integers(1, number, settings.series)) % number
    heavy = draw.uniform(0.6, 0.9, settings.series)
    shape = (number, settings.days + settings.keyword_lead)
    surge = np.where(draw.random(shape) < 1 / 90, draw.gamma(4.0, 0.25, shape) * draw.choice([1, 1, -0.6], shape), 0.0)
    wave = _decaying(_decaying(surge, 0.75) * 0.25, 0.96)
    wiggle = _decaying(draw.normal(0, 0.015, shape), 0.98)
    interest = settings.keyword_strength * (wave + wiggle)
    return np.stack([first, second], axis=1), np.stack([heavy, 1 - heavy], axis=1), interest


def _latent_shifts(draw: np.random.Generator, settings: MarketSettings) -> Array:
    """Return (n, D + market_lead) log shifts of a listing's popularity: sudden, then fading over two months."""
    shape = (settings.series, settings.days + settings.market_lead)
    jumps = np.where(draw.random(shape) < 1 / 75, draw.normal(0, settings.shift_strength, shape), 0.0)
    return _decaying(jumps, 0.983)


def _competitors(draw: np.random.Generator, count: int, days: int) -> tuple[Array, Array]:
    """Return (n, D) whether the nearest competitor is in stock, and its price over its usual one."""
    in_stock = 1.0 - _spells(draw, (count, days), 1 / 90, 5, 16)
    steps = np.where(draw.random((count, days)) < 1 / 40, draw.normal(0, 0.12, (count, days)), 0.0)
    return in_stock, np.exp(_decaying(steps, 0.99))


def _sale_days(first: np.datetime64, span: int) -> npt.NDArray[np.bool_]:
    """Return (span,) True on two days each in mid-July and late November."""
    dates = first + np.arange(span)
    month = dates.astype("datetime64[M]")
    day = (dates - month.astype("datetime64[D]")).astype(np.int64) + 1
    number = month.astype(np.int64) % 12 + 1
    found: npt.NDArray[np.bool_] = ((number == 7) & np.isin(day, (12, 13))) | ((number == 11) & np.isin(day, (25, 28)))
    return found

"""The forecast service that Business Central calls: a history comes with the question, rows of texts go back.

Nothing is known of these series but the numbers sent, so each is forecast on its own: the mean of the newest periods,
times the season's index where two whole seasons were sent (`training.baselines.MovingAverage` does the same for a day's
place in the week). The error column is half the central interval as a share of the forecast, in per cent.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.types import FloatArray
from serving.problems import ApiProblem
from training import count_distribution

__all__ = ["COLUMNS", "business_central_answer"]

COLUMNS = ("GranularityAttribute", "DateKey", "TransactionQty")
ANSWERED = (*COLUMNS, "StdErr", "ErrorPercentage")
RECENT = 12
"""Newest periods whose mean is the level."""
LEAST_RATIO = 0.2
MOST_HORIZON = 366
LARGEST = 1e12

History = dict[str, dict[int, float]]


def business_central_answer(
    names: Sequence[str], values: Sequence[Sequence[str]], horizon: int, seasonality: int, confidence: int
) -> dict[str, Any]:
    """Return the body of `BusinessCentralAnswer`; raises ApiProblem `request.invalid` that points at the row.

    A period without a row between a product's first and last one had no sales.
    """
    if tuple(names) != COLUMNS:
        raise _wrong("#/Inputs/input1/ColumnNames", f"the columns are {', '.join(COLUMNS)}, in this order")
    if not 1 <= horizon <= MOST_HORIZON:
        raise _wrong("#/GlobalParameters/horizon", f"1 … {MOST_HORIZON} periods")
    history = _history(values)
    last = max(max(periods) for periods in history.values())
    rows: list[list[str]] = []
    for product, periods in history.items():
        units = np.array([periods.get(period, 0.0) for period in range(min(periods), last + 1)])
        mean, deviation, share = _forecast(units, horizon, max(seasonality, 1), confidence)
        for ahead in range(horizon):
            numbers = (mean[ahead], deviation[ahead], share[ahead])
            rows.append([product, str(last + 1 + ahead), *(f"{number:.6f}" for number in numbers)])
    return {"Results": {"output1": {"type": "table", "value": {"ColumnNames": list(ANSWERED), "Values": rows}}}}


def _history(values: Sequence[Sequence[str]]) -> History:
    found: History = {}
    for place, row in enumerate(values):
        where = f"#/Inputs/input1/Values/{place}"
        if len(row) != len(COLUMNS):
            raise _wrong(where, f"a row has {len(COLUMNS)} values")
        product, key, quantity = row
        try:
            period, units = int(key), float(quantity)
        except ValueError:
            raise _wrong(where, "DateKey is a whole number, TransactionQty a number") from None
        if not product or not 0 <= period <= 100_000 or not 0 <= units <= LARGEST:
            raise _wrong(where, "a product, a period of 0 … 100000 and a quantity of 0 or more")
        periods = found.setdefault(product, {})
        if period in periods:
            raise _wrong(where, f"period {period} of {product} is there twice; add the rows up")
        periods[period] = units
    if sum(max(item) - min(item) for item in found.values()) > 10 * len(values) + 1_000:
        raise _wrong("#/Inputs/input1/Values", "DateKey counts periods one by one: 1, 2, 3, …")
    return found


def _forecast(
    units: FloatArray, horizon: int, season: int, confidence: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean, standard deviation and half the central interval ÷ mean in per cent, (horizon,) each."""
    recent = units[-max(RECENT, season) :]
    level = float(recent.mean())
    index = _season_index(units, season)
    mean = level * index[(len(units) + np.arange(horizon)) % season]
    fitted = level * index[np.arange(len(units)) % season]
    variance = float(((units - fitted) ** 2)[-4 * max(RECENT, season) :].mean())
    ratio = max(variance / level, LEAST_RATIO) if level > 0 else 1.0
    whole = bool(np.all(units == np.rint(units)))
    outside = (1 - confidence / 100) / 2
    asked = np.tile([outside, 1 - outside], (horizon, 1))
    ends = count_distribution.quantiles(asked, mean, np.full(horizon, ratio), whole)
    half = (ends[:, 1] - ends[:, 0]) / 2
    return mean, np.sqrt(ratio * mean), np.where(mean > 0, 100 * half / np.maximum(mean, 1e-9), 0.0)


def _season_index(units: FloatArray, season: int) -> FloatArray:
    """Return (season,) each place's share of the mean; 1 where fewer than two whole seasons were seen."""
    cycles = len(units) // season
    if season == 1 or cycles < 2 or units.sum() <= 0:
        return np.ones(season)
    whole = units[len(units) - cycles * season :].reshape(cycles, season).mean(axis=0)
    first = (len(units) - cycles * season) % season
    index: FloatArray = np.roll(whole / whole.mean(), first) if whole.mean() > 0 else np.ones(season)
    return index


def _wrong(pointer: str, message: str) -> ApiProblem:
    return ApiProblem(
        "request.invalid", f"{pointer}: {message}", [{"pointer": pointer, "code": "value", "message": message}]
    )

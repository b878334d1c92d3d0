"""A forecast in the buckets of a caller's calendar: sums over joint futures, because quantiles do not add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.buckets import BucketKind, Buckets
from core.errors import UsageError
from core.frequency import Frequency
from core.parallel import chunks
from core.types import DemandForecast, FloatArray, quantile_column
from serving.context import Rows, ServiceContext

__all__ = ["BUCKET_PATHS", "Bucketed", "bucketed", "check_calendar"]

BUCKET_PATHS = 1_000
"""Joint futures that the quantiles of a bucket come from."""
AT_ONCE = 200
"""Series whose futures are held at once: 1,000 of 28 periods are 22 MB."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bucketed:
    """A forecast of n series in B buckets.

    facts: B times name, start and end of the bucket, first and last of its days that are forecast, and whether it is
    partial: begun before the first period, or going on after the last one. mean: (n, B); quantiles: (n, B, L).
    """

    series: pd.DataFrame
    levels: tuple[float, ...]
    facts: Sequence[Json]
    mean: FloatArray
    quantiles: FloatArray

    def documents(self) -> list[list[Json]]:
        """Return the buckets of each series as JSON."""
        names = [quantile_column(level) for level in self.levels]
        return [
            [
                {**fact, "mean": mean, "quantiles": dict(zip(names, values, strict=True))}
                for fact, mean, values in zip(self.facts, means, quantiles, strict=True)
            ]
            for means, quantiles in zip(self.mean.tolist(), self.quantiles.tolist(), strict=True)
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return the table, one row a bucket: `sku, location`, the facts, `mean, q…`."""
        count, buckets = self.mean.shape
        table = {name: np.repeat(self.series[name].to_numpy(), buckets) for name in ("sku", "location")}
        table |= {name: [fact[name] for fact in self.facts] * count for name in self.facts[0]}
        table["mean"] = self.mean.ravel()
        for place, level in enumerate(self.levels):
            table[quantile_column(level)] = self.quantiles[:, :, place].ravel()
        return pd.DataFrame(table)


def check_calendar(calendar: Buckets, frequency: Frequency) -> None:
    """Raise UsageError where the periods of a dataset do not add up to the buckets of a calendar."""
    if frequency is Frequency.WEEKLY and calendar.kind is BucketKind.MONTH:
        raise UsageError("this dataset has weeks, which do not add up to months; take week, 4-4-5, 4-5-4 or 5-4-4")
    if frequency is Frequency.WEEKLY and calendar.week_start:
        raise UsageError("the weeks of this dataset begin on Monday; leave out week_start")


def bucketed(context: ServiceContext, made: DemandForecast, rows: Rows, calendar: Buckets) -> Bucketed:
    """Return a forecast by the buckets of a calendar; made: the context's forecast of its `rows` (n, H).

    Means add up. A quantile is the least sum that the stated share of BUCKET_PATHS joint futures does not exceed.
    """
    first = made.dates.astype("datetime64[D]")
    last = first + np.timedelta64(made.frequency.period_days - 1, "D")
    starts, ends = calendar.spans(first)
    begins = np.flatnonzero(np.concatenate([[True], starts[1:] != starts[:-1]]))
    stops = np.append(begins[1:], len(first)) - 1
    facts = [
        {
            "name": name,
            "start": str(starts[begin]),
            "end": str(ends[begin]),
            "first_day": str(first[begin]),
            "last_day": str(last[stop]),
            "partial": bool(first[begin] > starts[begin] or last[stop] < ends[begin]),
        }
        for name, begin, stop in zip(calendar.names(starts[begins]), begins, stops, strict=True)
    ]
    mean = np.add.reduceat(made.mean, begins, axis=1).round(6)
    return Bucketed(made.series, made.levels, facts, mean, _quantiles(context, made, rows, begins))


def _quantiles(context: ServiceContext, made: DemandForecast, rows: Rows, begins: npt.NDArray[np.intp]) -> FloatArray:
    """Return (n, B, L), some series at a time."""
    found = np.empty((len(rows), len(begins), len(made.levels)))
    for part in chunks(len(rows), AT_ONCE):
        drawn = context.distribution.take(rows[part]).first(made.horizon)
        paths = drawn.paths(BUCKET_PATHS, made.seed, context.holdings.options.threads)
        sums = np.add.reduceat(paths.astype(np.float64), begins, axis=2)
        found[part] = np.quantile(sums, made.levels, axis=1, method="inverted_cdf").transpose(1, 2, 0)
    return found.round(6)

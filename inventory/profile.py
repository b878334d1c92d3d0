"""A dataset at a glance: its size and span, zeros and stock-outs, gaps, and the rows that look wrong."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from inventory.dataset import Dataset

__all__ = ["DatasetProfile", "Suspicion", "profile_dataset"]

EXAMPLES = 3
SPIKE_FACTOR, SPIKE_UNITS = 10.0, 50.0
PRICE_FACTOR = 10.0
SURELY_WEEKLY = 8
REPORTING_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something allowed but rarely meant: how many rows (or series, or days), and up to three examples."""

    what: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasetProfile:
    """What a dataset holds; dates are ISO texts.

    zero_share is of the dense panel: each series from its first row to the newest date of all.
    periods: from first_date to last_date. revenue: units × price where both are known, in `currency`.
    stockout_share: rows with in_stock < 1. series_with_gaps: series
    with a missing period between their first and last row. silent_periods: periods in which no series sold
    anything. single_sale_series: series that sold in one period only. rejected: rows set aside with best
    effort.
    """

    frequency: str
    currency: str
    series: int
    skus: int
    locations: int
    first_date: str
    last_date: str
    periods: int
    rows: int
    units: float
    revenue: float | None
    zero_share: float
    stockout_share: float
    series_with_gaps: int
    missing_periods: int
    silent_periods: int
    single_sale_series: int
    tables: dict[str, int]
    rejected: dict[str, int]
    suspicious: tuple[Suspicion, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sales:
    """Sales by series and period number, sorted by both, channels added up; `names`: sku and location."""

    frame: pd.DataFrame
    names: pd.DataFrame
    first: np.datetime64
    periods: int


def profile_dataset(dataset: Dataset) -> DatasetProfile:
    """Return the profile of `dataset`; nothing in it is an error."""
    sales = dataset.tables["sales"]
    table = _by_period(dataset)
    units = table.frame["units"].to_numpy()
    spans = _spans(table)
    cells = int((table.periods - spans["first"]).sum())
    missing = int((spans["last"] - spans["first"] + 1 - spans["rows"]).sum())
    dates = dataset.config.frequency.dates(table.first, table.periods)
    return DatasetProfile(
        frequency=str(dataset.config.frequency),
        currency=dataset.config.currency,
        series=len(spans),
        skus=int(sales["sku"].nunique()),
        locations=int(sales["location"].nunique()),
        first_date=str(dates[0]),
        last_date=str(dates[-1]),
        periods=table.periods,
        rows=len(sales),
        units=float(units.sum()),
        revenue=float((sales["units"] * sales["price"]).sum()) if sales["price"].notna().any() else None,
        zero_share=1.0 - float((units > 0).sum()) / cells,
        stockout_share=float((sales["in_stock"] < 1).mean()),
        series_with_gaps=int((spans["last"] - spans["first"] + 1 > spans["rows"]).sum()),
        missing_periods=missing,
        silent_periods=int((_sold_by_period(table) == 0).sum()),
        single_sale_series=int((spans["sold"] == 1).sum()),
        tables={name: len(frame) for name, frame in dataset.tables.items()},
        rejected={name: len(rows) for name, rows in dataset.report.rejected.items()},
        suspicious=tuple(_suspicions(dataset, table, spans)),
        warnings=dataset.report.warnings,
    )


def _by_period(dataset: Dataset) -> _Sales:
    sales = dataset.tables["sales"]
    days = sales["date"].to_numpy().astype("datetime64[D]")
    first = days.min()
    period = dataset.config.frequency.index(days, first)
    sku, skus = pd.factorize(sales["sku"])
    location, locations = pd.factorize(sales["location"])
    series, pairs = pd.factorize(sku.astype(np.int64) * len(locations) + location)
    names = pd.DataFrame({"sku": skus[pairs // len(locations)], "location": locations[pairs % len(locations)]})
    columns = {"series": series, "period": period, "units": sales["units"].to_numpy()}
    frame = pd.DataFrame({**columns, "price": sales["price"].to_numpy(), "in_stock": sales["in_stock"].to_numpy()})
    if "channel" in sales:
        grouped = frame.groupby(["series", "period"], as_index=False)
        frame = grouped.agg(units=("units", "sum"), price=("price", "mean"), in_stock=("in_stock", "max"))
    else:
        frame = frame.sort_values(["series", "period"], ignore_index=True)
    return _Sales(frame, names, first, int(period.max()) + 1)


def _spans(table: _Sales) -> pd.DataFrame:
    """Return first and last period, rows and periods with sales of each series."""
    sold = table.frame.assign(sold=table.frame["units"] > 0)
    return sold.groupby("series").agg(
        first=("period", "min"), last=("period", "max"), rows=("period", "size"), sold=("sold", "sum")
    )


def _sold_by_period(table: _Sales) -> npt.NDArray[np.float64]:
    units = table.frame["units"].to_numpy(dtype=np.float64)
    return np.bincount(table.frame["period"], weights=units, minlength=table.periods).astype(np.float64)


def _suspicions(dataset: Dataset, table: _Sales, spans: pd.DataFrame) -> list[Suspicion]:
    frame = table.frame
    found = [
        _rows(dataset, table, "units more than 10 times the series' 99th percentile", _spikes(frame), "units"),
        _rows(dataset, table, "price more than 10 times off the series' median", _odd_prices(frame), "price"),
        _rows(dataset, table, "sales in a period marked out of stock", _sold_without_stock(frame), "units"),
        _single_sales(table, spans),
        _reporting_jumps(dataset, table),
        _weekly_in_disguise(dataset, table),
    ]
    return [suspicion for suspicion in found if suspicion.count]


def _rows(dataset: Dataset, table: _Sales, what: str, bad: npt.NDArray[np.bool_], shown: str) -> Suspicion:
    """Describe the marked rows, the largest first."""
    marked = table.frame[bad].sort_values([shown, "series", "period"], ascending=[False, True, True])
    dates = dataset.config.frequency.dates(table.first, table.periods)
    examples = [
        f"{table.names['sku'][row.series]} at {table.names['location'][row.series]} on {dates[row.period]}: "
        f"{shown} {getattr(row, shown):,g}"
        for row in marked.head(EXAMPLES).itertuples()
    ]
    return Suspicion(what, len(marked), tuple(examples))


def _spikes(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark units above 50 and above 10 × the 99th percentile of the series' other selling periods.

    A series that sold once is measured against all series.
    """
    units = frame["units"].to_numpy()
    anybody = np.quantile(units[units > 0], 0.99) if (units > 0).any() else 0.0
    marked = np.zeros(len(frame), dtype=bool)
    large = frame[frame["series"].isin(frame["series"][units > SPIKE_UNITS].unique()) & (units > 0)]
    for _, series in large.groupby("series"):
        values = series["units"].to_numpy()
        others = np.delete(values, int(values.argmax()))
        usual = np.quantile(others, 0.99) if len(others) else anybody
        marked[series.index[(values > SPIKE_FACTOR * usual) & (values > SPIKE_UNITS)]] = True
    return marked


def _odd_prices(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    price = frame["price"].where(frame["price"] > 0)
    if price.notna().sum() == 0:
        return np.zeros(len(frame), dtype=bool)
    median = price.groupby(frame["series"]).transform("median")
    return ((price > PRICE_FACTOR * median) | (price * PRICE_FACTOR < median)).to_numpy()


def _sold_without_stock(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return ((frame["in_stock"] == 0) & (frame["units"] > 0)).to_numpy()


def _single_sales(table: _Sales, spans: pd.DataFrame) -> Suspicion:
    names = table.names.iloc[spans.index[spans["sold"] == 1]]
    shown = tuple(f"{row.sku} at {row.location}" for row in names.head(EXAMPLES).itertuples())
    return Suspicion("series that sold in one period only", len(names), shown)


def _weekly_in_disguise(dataset: Dataset, table: _Sales) -> Suspicion:
    """Find a daily dataset whose sales all fall on one weekday."""
    days = np.unique(table.frame["period"].to_numpy())
    one_weekday = len(days) >= SURELY_WEEKLY and len(np.unique(days % 7)) == 1
    one = one_weekday and dataset.config.frequency.period_days == 1
    what = "daily dataset with sales on one weekday only: is it weekly (frequency W-MON)?"
    return Suspicion(what, int(one), ())


def _reporting_jumps(dataset: Dataset, table: _Sales) -> Suspicion:
    """Find periods in which thrice as many series have rows as in the period before, or a third as many."""
    counts = np.bincount(table.frame["period"], minlength=table.periods).astype(np.float64)
    before, after = counts[:-1], counts[1:]
    jumps = (after > REPORTING_FACTOR * before) | (after * REPORTING_FACTOR < before)
    at = np.flatnonzero(jumps & (np.maximum(before, after) >= 10) & (np.minimum(before, after) > 0))
    dates = dataset.config.frequency.dates(table.first, table.periods)
    shown = tuple(f"{dates[period + 1]}: {before[period]:,.0f} → {after[period]:,.0f}" for period in at[:EXAMPLES])
    return Suspicion("sudden change in the number of series that report", len(at), shown)

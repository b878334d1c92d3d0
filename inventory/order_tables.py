"""The tables of a dataset out of sorted order lines: sales, returns, products and prices paid."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from inventory.order_columns import OrderLines
from inventory.order_lines import Bucket

__all__ = [
    "SortedLines",
    "price_history_table",
    "products_table",
    "returns_table",
    "sales_table",
    "set_aside_table",
]


@dataclass(frozen=True, slots=True)
class SortedLines:
    """Order lines with their verdict: `sku` (n,) as the tables name it, `bucket` and `reason` (n,)."""

    lines: OrderLines
    sku: pd.Series
    bucket: pd.Series
    reason: pd.Series
    frequency: Frequency

    def keys(self, bucket: Bucket, names: tuple[str, ...]) -> pd.DataFrame:
        """Return the lines of `bucket` (index: line) with key columns; `date` is the period's first day."""
        chosen = np.flatnonzero((self.bucket == bucket).to_numpy())
        frame = self.lines.frame
        days = self.frequency.floor(frame["day"].to_numpy()[chosen].astype("datetime64[D]")).astype("datetime64[s]")
        known = {"sku": self.sku, "date": pd.Series(days, index=chosen), "reason": self.reason}
        location = frame["location"].fillna("main")
        columns = {name: known.get(name, location if name == "location" else frame.get(name)) for name in names}
        return pd.DataFrame({name: column.loc[chosen] for name, column in columns.items()}, index=chosen)


def sales_table(lines: SortedLines) -> pd.DataFrame:
    """Return sku, location, date, units, price (revenue / units), and channel where the export has it."""
    channel = ("channel",) if "channel" in lines.lines.headers else ()
    keys, groups, chosen = _grouped(lines, Bucket.SALE, ("sku", "location", "date", *channel))
    units = lines.lines.quantity.take(chosen).sums(groups, len(keys)).floats
    revenue = lines.lines.amount.take(chosen).sums(groups, len(keys)).floats
    priced = lines.lines.has_price[chosen].any() if len(chosen) else False
    keys["units"] = _plain(units)
    keys["price"] = revenue / units if priced else np.nan
    return keys[["sku", "location", "date", "units", "price", *channel]]


def returns_table(lines: SortedLines) -> pd.DataFrame:
    """Return sku, location, date, units (positive), order_id, reason: a row an order, sku and day."""
    frequency = Frequency.DAILY  # a return is a fact of its day, whatever the period of the sales
    daily = SortedLines(lines.lines, lines.sku, lines.bucket, lines.reason, frequency)
    keys, groups, chosen = _grouped(daily, Bucket.RETURN, ("sku", "location", "date", "order_id", "reason"))
    units = np.abs(lines.lines.quantity.take(chosen).sums(groups, len(keys)).floats)
    keys["units"] = _plain(units)
    return keys[["sku", "location", "date", "units", "order_id", "reason"]]


def products_table(lines: SortedLines) -> pd.DataFrame:
    """Return sku and name for every sku sold or returned; the name is its most frequent description."""
    chosen = lines.bucket.isin([Bucket.SALE, Bucket.RETURN]).to_numpy()
    named = pd.DataFrame({"sku": lines.sku[chosen], "name": lines.lines.frame["description"][chosen]})
    counts = named.dropna().groupby(["sku", "name"], sort=True).size().reset_index(name="count")
    best = counts.sort_values(["sku", "count", "name"], ascending=[True, False, True]).drop_duplicates("sku")
    skus = pd.DataFrame({"sku": sorted(named["sku"].unique())})
    return skus.merge(best[["sku", "name"]], on="sku", how="left")


def price_history_table(lines: SortedLines) -> pd.DataFrame:
    """Return sku, date, price, lowest_price, highest_price, units, lines: what was paid by sku and period.

    `price` is revenue / units; the lowest and highest are those of single lines (resellers pay less).
    """
    keys, groups, chosen = _grouped(lines, Bucket.SALE, ("sku", "date"))
    amount, quantity = lines.lines.amount.take(chosen), lines.lines.quantity.take(chosen)
    units = quantity.sums(groups, len(keys)).floats
    paid = pd.Series(amount.floats / quantity.floats).round(6).groupby(groups)
    keys["price"] = amount.sums(groups, len(keys)).floats / units
    keys["lowest_price"], keys["highest_price"] = paid.min(), paid.max()
    keys["units"] = _plain(units)
    keys["lines"] = np.bincount(groups, minlength=len(keys))
    return keys


def set_aside_table(lines: SortedLines) -> pd.DataFrame:
    """Return every line that is neither sale nor return, in file order: row, bucket, reason, content."""
    chosen = np.flatnonzero(~lines.bucket.isin([Bucket.SALE, Bucket.RETURN]).to_numpy())
    frame = lines.lines.frame.iloc[chosen]
    table = pd.DataFrame({"row": lines.lines.rows[chosen]}, index=frame.index)
    table["bucket"], table["reason"] = lines.bucket[chosen], lines.reason[chosen]
    table = table.assign(order_id=frame["order_id"], sku=frame["sku"], date=frame["moment"])
    quantity, amount = lines.lines.quantity.take(chosen).floats, lines.lines.amount.take(chosen).floats
    table = table.assign(quantity=_plain(quantity), amount=amount)
    table = table.assign(description=frame["description"])
    broken = [(row, str(Bucket.REJECTED), rule, text) for row, rule, _, text in lines.lines.broken]
    unsplit = pd.DataFrame(broken, columns=["row", "bucket", "reason", "description"])
    return pd.concat([table, unsplit]).sort_values("row", kind="stable") if broken else table


def _grouped(
    lines: SortedLines, bucket: Bucket, names: tuple[str, ...]
) -> tuple[pd.DataFrame, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the sorted distinct keys of a bucket's lines, each line's key number, and the lines."""
    keys = lines.keys(bucket, names)
    grouping = keys.groupby(list(names), sort=True, dropna=False)
    groups = grouping.ngroup().to_numpy().astype(np.int64)
    distinct = keys.assign(group=groups).drop_duplicates("group").sort_values("group")
    return distinct[list(names)].reset_index(drop=True), groups, keys.index.to_numpy()


def _plain(units: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
    """Return whole numbers as integers, so that files say 6 and not 6.0."""
    return units.astype(np.int64) if (units == np.floor(units)).all() else units

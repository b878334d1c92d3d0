"""Groups of series: the text columns of products and locations as small integer codes."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Pools", "build_groups", "build_pools"]

LARGEST_GROUPS = 64
"""A column with more distinct values than this says who a series is rather than what kind: it is left out."""

NOT_KINDS = {"sku", "location", "name", "launched_on"}

POOL_COLUMNS = ("parent", "brand", "category")

Pools = dict[str, npt.NDArray[np.int32]]
"""Pool → (n,) code of each series, -1 for none."""


def build_groups(
    series: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> tuple[npt.NDArray[np.int32], tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return (G, n) codes 0… of each series in each group column, the columns' names, and what each code stands for.

    The first row is "all": one group of everything. Text columns of `products` (category, brand, parent, …) and of
    `locations`, and the location itself where there are several, follow. A missing value is a group of its own.
    """
    columns: dict[str, pd.Series] = {}
    for table, key in (("products", "sku"), ("locations", "location")):
        frame = tables.get(table)
        if frame is None or frame.empty:
            continue
        attributes = frame.drop_duplicates(key).set_index(key)
        for name in attributes.columns:
            if name not in NOT_KINDS and pd.api.types.is_string_dtype(attributes[name]):
                columns[name] = series[key].map(attributes[name])
    columns["location"] = series["location"]
    codes, names = [np.zeros(len(series), dtype=np.int32)], ["all"]
    labels: list[tuple[str, ...]] = [("",)]
    for name, values in columns.items():
        code, found = pd.factorize(values.fillna(""), sort=True)
        if 1 < len(found) <= LARGEST_GROUPS:
            codes.append(code.astype(np.int32))
            names.append(name)
            labels.append(tuple(str(label) for label in found))
    return np.stack(codes), tuple(names), tuple(labels)


def build_pools(series: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> Pools:
    """Return the pools in which some series has another beside it: sku, parent, brand, category, as far as told."""
    values = {"sku": series["sku"]}
    products = tables.get("products")
    if products is not None and not products.empty:
        attributes = products.drop_duplicates("sku").set_index("sku")
        values.update({name: series["sku"].map(attributes[name]) for name in POOL_COLUMNS if name in attributes})
    pools = {}
    for name, column in values.items():
        codes, found = pd.factorize(column, sort=True)
        if len(found) < (codes >= 0).sum():
            pools[name] = codes.astype(np.int32)
    return pools

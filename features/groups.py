"""Groups of series: the text columns of products and locations as small integer codes."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["build_groups"]

LARGEST_GROUPS = 64
"""A column with more distinct values than this says who a series is rather than what kind: it is left out."""

NOT_KINDS = {"sku", "location", "name", "launched_on"}


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

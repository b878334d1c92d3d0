"""The level of a series' like: its sku elsewhere, its parent, brand and category, for those with little past."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.block import Block, Column, Work
from features.level import group_levels

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["POOLED", "Pools", "build_pools"]

POOL_COLUMNS = ("parent", "brand", "category")

Pools = dict[str, npt.NDArray[np.int32]]
"""Pool → (n,) code of each series, -1 for none."""


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


def _columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return tuple(
        Column(f"pool_{name}", f"Mean recent demand of the other series of the same {name}.", "log level")
        for name in spec.pools
    )


def _fill(work: Work, column: int) -> None:
    panel, spec = work.panel, work.specification
    with np.errstate(divide="ignore"):
        for place, name in enumerate(spec.pools):
            codes = panel.pools.get(name)
            if codes is None:
                work.values[:, column + place] = np.nan
                continue
            level, _ = group_levels(panel.history, codes, work.rows, spec.windows[2])
            work.values[:, column + place] = np.log(np.maximum(level, 1e-3 * work.scale) / work.scale)


def _missing(panel: "Panel") -> str:
    return "" if panel.pools else "no two series share a sku, parent, brand or category"


POOLED = Block(
    "pooled",
    "Recent level of the other series of the same sku, parent, brand and category against the own scale.",
    ("F38", "F39", "F41", "F12"),
    "sales; products.parent, brand, category",
    _columns,
    _fill,
    _missing,
    default=False,
)

"""The level of a series' like: its sku elsewhere, its parent, brand and category, for those with little past."""

from typing import TYPE_CHECKING

import numpy as np

from features.block import Block, Column, Work
from features.level import group_levels

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["POOLED"]


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

"""Which products are bought together: order lines, support and lift, and partners that are out of stock (M16)."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pandas as pd

__all__ = ["Baskets", "out_of_stock_partners", "pairs_bought_together"]

Baskets: TypeAlias = pd.DataFrame
"""Order lines, columns `order_id, sku`; one row an item of a basket."""

LARGEST_BASKET = 60
"""Baskets of more items (a wholesaler's whole range) tell of no pair."""


def pairs_bought_together(baskets: Baskets, least_together: int = 10, least_lift: float = 2.0) -> pd.DataFrame:
    """Return pairs of SKUs that share baskets more often than chance: `sku, partner, together, confidence, lift`.

    confidence: share of the SKU's baskets that hold the partner; lift: that share over the partner's share of all
    baskets. Both directions of a pair are there. Baskets of more than LARGEST_BASKET items are left out.
    """
    lines = baskets.drop_duplicates(["order_id", "sku"])
    sizes = lines.groupby("order_id")["sku"].transform("size")
    lines = lines[(sizes >= 2) & (sizes <= LARGEST_BASKET)]
    total = baskets["order_id"].nunique()
    single = baskets.drop_duplicates(["order_id", "sku"])["sku"].value_counts()
    common = set(single[single >= least_together].index)
    counts: Counter[tuple[str, str]] = Counter()
    for _, basket in lines[lines["sku"].isin(common)].groupby("order_id")["sku"]:
        counts.update(combinations(sorted(basket), 2))
    rows = [
        (sku, partner, together)
        for (first, second), together in counts.items()
        if together >= least_together
        for sku, partner in ((first, second), (second, first))
    ]
    pairs = pd.DataFrame(rows, columns=["sku", "partner", "together"])
    pairs["confidence"] = pairs["together"] / pairs["sku"].map(single)
    pairs["lift"] = pairs["confidence"] / (pairs["partner"].map(single) / max(total, 1))
    pairs = pairs[pairs["lift"] >= least_lift]
    return pairs.sort_values(["sku", "lift", "partner"], ascending=[True, False, True]).reset_index(drop=True)


def out_of_stock_partners(
    pairs: pd.DataFrame, out_share: Mapping[str, float], least_confidence: float = 0.25, least_out: float = 0.3
) -> dict[str, str]:
    """Return SKU → the partner whose absence may explain why it does not sell.

    out_share: SKU → share of the last 30 days it was out of stock. A partner counts where the SKU was bought with it in
    at least `least_confidence` of its baskets and it was out for at least `least_out` of the time.
    """
    near = pairs[pairs["confidence"] >= least_confidence]
    out = near[near["partner"].map(lambda name: out_share.get(name, 0.0)).to_numpy(dtype=np.float64) >= least_out]
    first = out.drop_duplicates("sku")
    return dict(zip(first["sku"], first["partner"], strict=True))

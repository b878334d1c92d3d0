"""Order lines of an export as baskets, and the partners of products that are out of stock (M16)."""

from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import UsageError
from inventory.order_columns import read_order_lines
from inventory.order_lines import ImportRules, classify, sku_codes
from monitoring.association import Baskets, out_of_stock_partners, pairs_bought_together
from monitoring.view import View

__all__ = ["baskets_of", "partners_out"]

OUT_DAYS = 30


def baskets_of(source: Path, rules: ImportRules | None = None) -> Baskets:
    """Return the sold lines of an orders export: `order_id, sku, date`.

    Raises UsageError where it is no file or has no order numbers, DataError where it cannot be read.
    """
    if not source.is_file():
        raise UsageError(f"--orders {source} is not a file; give the orders export")
    rules = rules or ImportRules()
    lines = read_order_lines(source, {}, rules.date_order, rules.time_zone)
    if "order_id" not in lines.frame or lines.frame["order_id"].isna().all():
        raise UsageError(f"--orders {source} names no order; products can only go together within an order")
    verdict = classify(lines, rules)
    sold = (verdict["bucket"] == "sale").to_numpy()
    frame = lines.frame[sold]
    return pd.DataFrame({"order_id": frame["order_id"], "sku": sku_codes(lines, rules)[sold], "date": frame["day"]})


def partners_out(source: Path, view: View) -> dict[str, str]:
    """Return SKU → a product that it is usually bought with and that was out of stock lately, by past orders."""
    baskets = baskets_of(source)
    past = baskets[pd.to_datetime(baskets["date"]).to_numpy().astype("datetime64[D]") < view.today]
    pairs = pairs_bought_together(past)
    periods = max(OUT_DAYS // view.frequency.period_days, 1)
    recent = view.panel.history.in_stock[:, -periods:].mean(axis=1, dtype=np.float64)
    out = 1.0 - recent
    # A product without a unit on hand today is out, whatever the history says of its days.
    out = np.where(view.on_hand <= 0, 1.0, out)
    shares = pd.Series(out).groupby(view.series["sku"].to_numpy()).min()
    return out_of_stock_partners(pairs, shares.to_dict())

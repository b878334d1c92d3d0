"""A shop with all that money reports need: volumes, fees, two ways to buy, receipts good and bad, returns by batch."""

from pathlib import Path

import numpy as np
import pandas as pd

AS_OF = "2026-06-01"
DAYS = 120
SKUS = {
    # sku: units a day, price, unit cost, cubic feet, pounds, tier, category, on hand
    "MUG": (8, 14.99, 3.20, 0.08, 0.9, "Large standard-size", "kitchen", 640),
    "LAMP": (3, 39.99, 11.50, 0.55, 3.6, "Large standard-size", "home", 60),
    "RUG": (0.5, 89.00, 31.00, 2.40, 14.0, "Large bulky", "home", 130),
    "SHOE": (4, 49.00, 16.00, 0.30, 2.1, "Large standard-size", "shoes", 500),
    "PIN": (0.2, 5.99, 0.90, 0.01, 0.1, "Small standard-size", "kitchen", 400),
}


def write_money_shop(folder: Path) -> Path:
    """Write the dataset into `folder`; its last day of sales is the one before AS_OF."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(5)
    end = pd.Timestamp(AS_OF)
    dates = pd.date_range(end=end - pd.Timedelta(days=1), periods=DAYS)
    sales = pd.concat(
        pd.DataFrame({"sku": sku, "date": dates, "units": draw.poisson(facts[0], DAYS), "price": facts[1]})
        for sku, facts in SKUS.items()
    )
    products = pd.DataFrame(
        [
            (sku, f"Thing {sku}", facts[6], facts[2], facts[1], facts[3], facts[4], facts[5])
            for sku, facts in SKUS.items()
        ],
        columns=["sku", "name", "category", "unit_cost", "price", "volume", "weight", "size_tier"],
    )
    products["fulfilment_fee"] = [4.15, 6.10, 14.80, 5.40, 3.06]
    products["referral_rate"] = [0.15, 0.15, 0.15, 0.15, np.nan]
    stock = pd.DataFrame({"sku": list(SKUS), "date": AS_OF, "on_hand": [facts[7] for facts in SKUS.values()]})
    supply = pd.DataFrame(
        [
            ("*", "Acme", "sea", 35, 4, 0.40, 120, 100, 0.04),
            ("*", "Acme", "air", 8, 1, 2.60, 60, 20, 0.04),
            ("LAMP", "Near", "truck", 12, 2, 0.90, 0, 10, 0.0),
        ],
        columns=[
            *("sku", "supplier", "mode", "lead_time_days", "lead_time_sd_days", "freight_cost", "order_cost"),
            *("minimum_order_quantity", "duty_rate"),
        ],
    ).assign(vmi=[False, False, True], vmi_units=[0, 0, 40])
    for name, table in (("sales", sales), ("products", products), ("stock", stock), ("supply", supply)):
        table.to_csv(folder / f"{name}.csv", index=False)
    _receipts().to_csv(folder / "receipts.csv", index=False)
    _returns().to_csv(folder / "returns.csv", index=False)
    (folder / "dataset.toml").write_text('frequency = "D"\ncurrency = "USD"\n[planning]\ncapital_rate = 0.1\n')
    return folder


def _receipts() -> pd.DataFrame:
    """Acme by sea is late on three orders of five; the old rugs and pins came last autumn."""
    rows = []
    for number, (sku, placed, days, units) in enumerate(
        [
            ("MUG", "2025-12-01", 35, 600),
            ("MUG", "2026-02-01", 45, 600),
            ("SHOE", "2026-01-15", 36, 400),
            ("SHOE", "2026-03-01", 51, 400),
            ("RUG", "2025-09-10", 40, 150),
            ("PIN", "2025-03-01", 34, 450),
        ]
    ):
        start = pd.Timestamp(placed)
        received, promised = start + pd.Timedelta(days=days), start + pd.Timedelta(days=35)
        rows.append((f"PO-{number}", sku, "Acme", "sea", start, promised, received, units, units // 50))
    for number in range(4):
        start = pd.Timestamp("2026-01-05") + pd.Timedelta(days=28 * number)
        arrives = start + pd.Timedelta(days=12)
        rows.append((f"PN-{number}", "LAMP", "Near", "truck", start, arrives, arrives, 90, 0))
    columns = [
        "order_id",
        "sku",
        "supplier",
        "mode",
        "placed_on",
        "promised_on",
        "received_on",
        "quantity",
        "defective",
    ]
    return pd.DataFrame(rows, columns=columns)


def _returns() -> pd.DataFrame:
    """The second batch of shoes comes back often, and for its size."""
    rows = [
        ("SHOE", "2026-04-28", 30, "intact", "too small", "PO-3", "R-1"),
        ("SHOE", "2026-04-02", 6, "B", "sole", "PO-2", "R-2"),
    ]
    rows += [
        ("MUG", "2026-03-30", 4, "C", "broken", "PO-1", "R-3"),
        ("LAMP", "2026-03-01", 2, "A", "changed mind", None, "R-4"),
    ]
    return pd.DataFrame(rows, columns=["sku", "date", "units", "grade", "reason", "batch", "order_id"])

"""A shop with something on every part of the page: stock-outs, promotions, events, open orders, receipts, volumes, a
newcomer."""

from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["AS_OF", "write_page_shop"]

AS_OF = "2024-07-29"
DAYS = 400
SKUS = 24


def write_page_shop(folder: Path, seed: int = 11) -> Path:
    """Write the dataset; SKU-03 is out of stock and late, SKU-20 far too much, SKU-23 new."""
    draw = np.random.default_rng(seed)
    dates = pd.date_range(end=pd.Timestamp(AS_OF) - pd.Timedelta(days=1), periods=DAYS)
    skus = [f"SKU-{number:02d}" for number in range(SKUS)]
    level = 1.5 + 0.9 * np.arange(SKUS)
    weekday = np.array([0.6, 0.7, 0.8, 1.0, 1.3, 1.6, 1.0])
    mean = level[:, None] * weekday[dates.day_of_week.to_numpy()][None, :]
    promoted = (dates >= "2024-06-10") & (dates <= "2024-06-16")
    mean[5, promoted] *= 1.8
    units = draw.poisson(mean)
    in_stock = np.ones((SKUS, DAYS))
    in_stock[3, -60:-52] = 0.0
    in_stock[3, -4:] = 0.0
    units[in_stock == 0] = 0
    folder.mkdir(parents=True, exist_ok=True)
    price = 10.0 + np.arange(SKUS)
    sales = pd.DataFrame(
        {
            "sku": np.repeat(skus, DAYS),
            "date": np.tile(dates.strftime("%Y-%m-%d"), SKUS),
            "units": units.ravel(),
            "price": np.repeat(price, DAYS),
            "in_stock": in_stock.ravel(),
        }
    )
    newcomer = (sales["sku"] == "SKU-23") & (sales["date"] < "2024-06-20")
    sales[~newcomer].to_csv(folder / "sales.csv", index=False)
    _write_products(folder, skus, price)
    _write_supply(folder, skus, level)
    (folder / "dataset.toml").write_text('frequency = "D"\ncurrency = "EUR"\n', encoding="utf-8")
    return folder


def _write_products(folder: Path, skus: list[str], price: np.ndarray) -> None:
    names = [f"{colour} {thing}" for thing in ("lamp", "mug", "tray", "clock") for colour in ["Red", "Blue", "Green"]]
    products = pd.DataFrame({"sku": skus, "name": (names * 2)[:SKUS], "category": ["light", "table", "wall"] * 8})
    products["launched_on"] = ["2020-01-01"] * (SKUS - 1) + ["2024-06-20"]
    products = products.assign(unit_cost=price / 2, price=price, volume=0.4, weight=1.1)
    products.to_csv(folder / "products.csv", index=False)
    pd.DataFrame(
        {"sku": ["SKU-05"], "start": ["2024-06-10"], "end": ["2024-06-16"], "kind": ["deal"], "discount": [0.2]}
    ).to_csv(folder / "promotions.csv", index=False)
    pd.DataFrame({"date": ["2024-05-27", "2024-08-12"], "name": ["spring day", "summer deal"]}).to_csv(
        folder / "events.csv", index=False
    )


def _write_supply(folder: Path, skus: list[str], level: np.ndarray) -> None:
    held = np.round(level * 18).astype(int)
    held[3], held[20], held[7] = 0, 4_000, 20
    pd.DataFrame({"sku": skus, "date": AS_OF, "on_hand": held}).to_csv(folder / "stock.csv", index=False)
    pd.DataFrame(
        {
            "order_id": ["PO-1", "PO-2"],
            "sku": ["SKU-07", "SKU-12"],
            "quantity": [60, 900],
            "expected_on": ["2024-08-06", "2024-08-03"],
            "supplier": ["Acme", "Acme"],
            "placed_on": ["2024-07-20", "2024-07-20"],
        }
    ).to_csv(folder / "open_orders.csv", index=False)
    pd.DataFrame(
        {"sku": ["*"], "supplier": ["Acme"], "lead_time_days": [10], "order_cost": [5.0], "case_pack": [6]}
    ).to_csv(folder / "supply.csv", index=False)
    receipts = [
        {"order_id": f"R-{sku}-{day}", "sku": sku, "supplier": "Acme", "received_on": day, "quantity": quantity}
        for sku, amount in zip(skus, held.tolist(), strict=True)
        for day, quantity in (("2024-01-10", amount // 3 + 1), ("2024-05-02", amount // 2 + 1), ("2024-07-10", 12))
    ]
    pd.DataFrame(receipts).to_csv(folder / "receipts.csv", index=False)

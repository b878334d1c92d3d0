"""A shop small enough to train on in seconds: twelve steady sellers with a weekly rhythm, stock and terms."""

from pathlib import Path

import numpy as np
import pandas as pd

AS_OF = "2024-07-29"
DAYS = 210


def write_shop(folder: Path, days: int = DAYS, seed: int = 7) -> Path:
    """Write sales, products, stock, supply and dataset.toml into `folder`; the last day is the one before AS_OF."""
    draw = np.random.default_rng(seed)
    dates = pd.date_range(end=pd.Timestamp(AS_OF) - pd.Timedelta(days=1), periods=days)
    skus = [f"SKU-{number:02d}" for number in range(12)]
    level = 2.0 + 1.5 * np.arange(12)
    weekday = np.array([0.6, 0.7, 0.8, 1.0, 1.3, 1.6, 1.0])
    mean = level[:, None] * weekday[dates.day_of_week.to_numpy()][None, :]
    units = draw.poisson(mean)
    folder.mkdir(parents=True, exist_ok=True)
    sales = pd.DataFrame(
        {"sku": np.repeat(skus, days), "date": np.tile(dates.strftime("%Y-%m-%d"), 12), "units": units.ravel()}
    )
    sales["price"] = np.repeat(10.0 + np.arange(12), days)
    sales.to_csv(folder / "sales.csv", index=False)
    products = pd.DataFrame({"sku": skus, "name": [f"Thing {sku}" for sku in skus], "category": ["a", "b"] * 6})
    products.assign(unit_cost=5.0, price=10.0 + np.arange(12)).to_csv(folder / "products.csv", index=False)
    stock = pd.DataFrame({"sku": skus, "date": AS_OF, "on_hand": np.arange(12) * 10})
    stock.to_csv(folder / "stock.csv", index=False)
    supply = pd.DataFrame({"sku": ["*"], "supplier": ["Acme"], "lead_time_days": [7], "order_cost": [0.0]})
    supply.to_csv(folder / "supply.csv", index=False)
    (folder / "dataset.toml").write_text('frequency = "D"\ncurrency = "EUR"\n', encoding="utf-8")
    return folder

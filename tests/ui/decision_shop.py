"""A shop with something to decide: slow and cheap by sea or dear and fast by air, a budget, containers."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.tiny_shop import AS_OF, write_shop

__all__ = ["write_decision_shop"]

TOML = """frequency = "D"
currency = "EUR"

[planning]
budget = 12000

[[planning.orders]]
supplier = "Harbour"
mode = "sea"
minimum_value = 600
container_volume = 28
"""


def write_decision_shop(folder: Path) -> Path:
    """Write the tiny shop with other supply: SKU-00 … SKU-07 of Harbour by sea, or of Swift by air."""
    write_shop(folder)
    skus = [f"SKU-{number:02d}" for number in range(12)]
    sea = pd.DataFrame({"sku": skus, "supplier": ["Harbour"] * 8 + ["Acme"] * 4, "mode": "sea"})
    sea = sea.assign(lead_time_days=21, lead_time_sd_days=3, unit_cost=5.0, order_cost=40.0, case_pack=6)
    air = pd.DataFrame({"sku": skus[:8], "supplier": "Swift", "mode": "air"})
    air = air.assign(lead_time_days=4, lead_time_sd_days=1, unit_cost=7.5, order_cost=25.0, case_pack=2)
    pd.concat([sea, air]).to_csv(folder / "supply.csv", index=False)
    held = np.round((2.0 + 1.5 * np.arange(12)) * np.where(np.arange(12) < 3, 2, 22)).astype(int)
    stock = pd.DataFrame({"sku": skus, "date": AS_OF, "on_hand": held})
    stock.to_csv(folder / "stock.csv", index=False)
    products = pd.read_csv(folder / "products.csv")
    products.assign(volume=0.05).to_csv(folder / "products.csv", index=False)
    (folder / "dataset.toml").write_text(TOML, encoding="utf-8")
    return folder

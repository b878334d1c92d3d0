"""Make examples/online_retail from the full UCI export: python examples/make_online_retail.py EXPORT.

Keeps every line of a stratified choice of products and every line that is no product, then writes the ASSUMED
terms of supply and the ASSUMED opening stock. Same export, same bytes.
"""

import gzip
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from inventory.dataset import read_dataset
from inventory.order_lines import ImportRules
from inventory.orders_import import import_orders

HERE = Path(__file__).parent / "online_retail"
SEED = 20111210
AS_OF = "2011-12-10"
RULES = ImportRules(currency="GBP", time_zone="Europe/London")
ALWAYS = ("23843", "23166")
"""The two products with an order of tens of thousands that was cancelled within minutes."""

STRATA = ((200, 400, 90), (120, 200, 100), (60, 120, 50), (20, 60, 30))
"""(fewest days with a sale, most, products to take): steady sellers to intermittent ones."""


def main(export: Path) -> None:
    """Write the reduced export and the assumed tables."""
    lines = pd.read_parquet(export) if export.suffix == ".parquet" else pd.read_csv(export, dtype=str)
    with tempfile.TemporaryDirectory() as folder:
        import_orders(export, Path(folder) / "full", rules=RULES)
        full = read_dataset(Path(folder) / "full")
        chosen = choose(full.tables["sales"], np.random.default_rng(SEED))
        write_export(lines, chosen, set(full.tables["products"]["sku"]))
        write_assumed(full.tables["sales"], chosen, np.random.default_rng(SEED + 1))


def choose(sales: pd.DataFrame, generator: np.random.Generator) -> list[str]:
    """Return the chosen skus: so many at random from each stratum of selling days, and the special ones."""
    days = sales.groupby("sku").size()
    chosen = set(ALWAYS)
    for fewest, most, count in STRATA:
        stratum = sorted(days[(days >= fewest) & (days < most)].index)
        chosen.update(generator.choice(stratum, size=min(count, len(stratum)), replace=False).tolist())
    return sorted(chosen)


def write_export(lines: pd.DataFrame, chosen: list[str], products: set[str]) -> None:
    """Write all lines of the chosen products, and all lines whose code is no product's."""
    code = lines["StockCode"].str.upper()
    kept = lines[code.isin(chosen) | ~(code.isin(products) | code.str.match(r"^(\d{5}|DCGS)"))].copy()
    kept["InvoiceDate"] = pd.to_datetime(kept["InvoiceDate"]).dt.strftime("%Y-%m-%d %H:%M")
    kept["UnitPrice"] = kept["UnitPrice"].astype("float32").astype(str)
    text = kept.to_csv(index=False, lineterminator="\n").encode()
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0, filename="") as stream:
        stream.write(text)
    (HERE / "orders.csv.gz").write_bytes(packed.getvalue())
    print(f"{len(kept):,} lines, {len(packed.getvalue()) / 1e6:.2f} MB")


def write_assumed(sales: pd.DataFrame, chosen: list[str], generator: np.random.Generator) -> None:
    """Write supply.csv and stock.csv, invented from a seed so that the demo has something to plan with."""
    sold = sales[sales["sku"].isin(chosen)]
    price = sold.groupby("sku")["price"].median().reindex(chosen)
    recent = sold[sold["date"] >= pd.Timestamp(AS_OF) - pd.Timedelta(days=84)]
    rate = recent.groupby("sku")["units"].apply(typical_day).reindex(chosen).fillna(0.0)
    supply(price, generator).to_csv(HERE / "assumed" / "supply.csv", index=False, lineterminator="\n")
    stock(rate, generator).to_csv(HERE / "assumed" / "stock.csv", index=False, lineterminator="\n")


def typical_day(units: pd.Series) -> float:
    """Return units a day over twelve weeks; a day counts at most as their 95th percentile (resellers)."""
    return float(units.clip(upper=units.quantile(0.95)).sum() / 84)


def supply(price: pd.Series, generator: np.random.Generator) -> pd.DataFrame:
    """Return one assumed supplier row a sku: cost 45–60 % of the median price, lead time 7–28 days."""
    count = len(price)
    supplier = generator.integers(0, 3, count)
    pack = generator.choice([1, 6, 12, 24], size=count, p=[0.25, 0.3, 0.3, 0.15])
    packs = generator.choice([1, 2, 4], size=count, p=[0.5, 0.3, 0.2])
    lead = np.array([7, 14, 28])[supplier]
    return pd.DataFrame(
        {
            "sku": price.index,
            "supplier": [f"ASSUMED supplier {'ABC'[number]}" for number in supplier],
            "mode": np.array(["road", "road", "sea"])[supplier],
            "lead_time_days": lead,
            "lead_time_sd_days": np.round(lead * 0.15, 1),
            "unit_cost": np.maximum((price.to_numpy() * generator.uniform(0.45, 0.60, count)).round(2), 0.01),
            "order_cost": generator.choice([4.0, 6.0, 9.0], size=count),
            "minimum_order_quantity": pack * packs,
            "case_pack": pack,
        }
    )


def stock(rate: pd.Series, generator: np.random.Generator) -> pd.DataFrame:
    """Return assumed stock: a sixth nearly out, two thirds 10–45 days of cover, a sixth 90–240 days."""
    group = generator.choice(3, size=len(rate), p=[1 / 6, 4 / 6, 1 / 6])
    low, high = np.array([0.0, 10.0, 90.0])[group], np.array([4.0, 45.0, 240.0])[group]
    cover: npt.NDArray[np.float64] = generator.uniform(low, high)
    on_hand = np.floor(rate.to_numpy() * cover).astype(np.int64)
    return pd.DataFrame({"sku": rate.index, "location": "main", "date": AS_OF, "on_hand": on_hand})


if __name__ == "__main__":
    main(Path(sys.argv[1]))

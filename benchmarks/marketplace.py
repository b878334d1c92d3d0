"""A simulated marketplace whose true demand is known: the dataset that a seller would have, and the truth behind it.

    python -m benchmarks.marketplace --out DIR --series 600 --days 760 --seed 1

Nothing in it is real. It shows what real data cannot: how far demand recovered from stock-outs is off, whether signals
help where they lead and cost nothing where they are noise, and whether a stated probability is the true one. The folder
is a dataset (`fillrate validate DIR`); `truth.npz` beside the tables holds mean, size and demand of every sku and day.
"""

import argparse
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.market_demand import MarketSettings, draw_forces
from benchmarks.market_stock import returned_units, sell_from_stock
from benchmarks.market_tables import market_tables
from inventory.folder_writing import write_folder

__all__ = ["Marketplace", "Truth", "dataset_files", "simulate"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Truth:
    """What nobody sees, for n skus (sorted by name) over D days.

    mean: (n, D) true mean demand, 0 before launch; size: (n,) of the negative binomial, variance = mean + mean² ÷ size;
    demand: (n, D) units asked for; launched: (n,) first day of sale.
    """

    mean: Array
    size: Array
    demand: Array
    launched: npt.NDArray[np.int64]

    @property
    def ratio(self) -> Array:
        """True variance ÷ mean, (n, D)."""
        return 1 + self.mean / self.size[:, None]


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A simulated dataset and its truth."""

    settings: MarketSettings
    tables: dict[str, pd.DataFrame]
    truth: Truth


def simulate(settings: MarketSettings) -> Marketplace:
    """Return the market that the settings describe; the same settings give the same market."""
    forces = draw_forces(settings)
    streams = [np.random.default_rng(part) for part in np.random.SeedSequence((settings.seed, 1)).spawn(4)]
    odds = forces.size[:, None] / (forces.size[:, None] + forces.mean)
    demand = streams[0].negative_binomial(forces.size[:, None], odds).astype(np.float64)
    stock = sell_from_stock(demand, forces.launched, settings.stock_cover, streams[1])
    returns = returned_units(stock.sold, streams[2])
    tables = market_tables(settings, forces, stock, returns, streams[3])
    return Marketplace(settings, tables, Truth(forces.mean, forces.size, demand, forces.launched))


def dataset_files(market: Marketplace) -> dict[str, bytes]:
    """Return the folder's files: each table as Parquet, dataset.toml, a note that it is simulated, and the truth."""
    files = {f"{name}.parquet": _parquet(table) for name, table in market.tables.items() if len(table)}
    about = ", ".join(f"{field.name} {getattr(market.settings, field.name)}" for field in fields(market.settings))
    files["dataset.toml"] = b'frequency = "D"\ncurrency = "USD"\n'
    files["SIMULATED.txt"] = f"Simulated by benchmarks.marketplace; nothing in it is real.\n{about}\n".encode()
    truth = BytesIO()
    np.savez_compressed(truth, **{field.name: getattr(market.truth, field.name) for field in fields(Truth)})
    files["truth.npz"] = truth.getvalue()
    return files


def _parquet(table: pd.DataFrame) -> bytes:
    """Return the table without columns that hold nothing."""
    buffer = BytesIO()
    table.dropna(axis=1, how="all").to_parquet(buffer, index=False)
    return buffer.getvalue()


def main() -> None:
    """Write a simulated dataset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write; new or empty")
    usual = MarketSettings()
    parser.add_argument("--series", type=int, default=usual.series)
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--noise", action="store_true", help="signals of the wrong skus: they say nothing")
    chosen = parser.parse_args()
    market = simulate(MarketSettings(chosen.series, chosen.days, chosen.seed, signals_informative=not chosen.noise))
    write_folder(chosen.out, dataset_files(market))
    lost = 1 - market.tables["sales"]["units"].sum() / market.truth.demand.sum()
    print(f"simulated {chosen.series} skus × {chosen.days} days in {chosen.out}; {lost:.1%} of demand met no stock")


if __name__ == "__main__":
    main()

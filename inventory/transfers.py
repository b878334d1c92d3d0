"""Moves between our own locations as ways to buy: from a 3PL's shelf to the marketplace's, as far as there is stock.

A supply row with the mode `transfer` names the location that the goods come from as its supplier, with days, freight,
packs and order cost of the move. The goods are ours already: their unit cost counts as what they are worth, so that a
move competes with a purchase at its freight and speed, and is not paid.
"""

from datetime import date

import numpy as np
import pandas as pd

from inventory.position import stock_on_hand
from inventory.supply import TRANSFER

__all__ = ["with_source_stock"]


def with_source_stock(ways: pd.DataFrame, stock: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return `inventory.supply.supply_ways` with each transfer's capacity and `owned_cost` (0 for purchases).

    capacity: at most what the source has of the sku on `as_of`, shared evenly, in whole units, by the locations that
    take from there, in the rows' order. A source that states no stock has none.
    """
    moves = (ways["mode"] == TRANSFER).to_numpy()
    if not moves.any():
        return ways
    ways = ways.copy()
    rows = np.flatnonzero(moves)
    source = pd.DataFrame({"sku": ways["sku"].to_numpy()[rows], "location": ways["supplier"].to_numpy()[rows]})
    shelves = source.drop_duplicates().reset_index(drop=True)
    shelves["units"] = np.floor(stock_on_hand(stock, shelves, as_of))
    there = source.merge(shelves, how="left")["units"].to_numpy()
    turn = source.groupby(["sku", "location"]).cumcount().to_numpy()
    takers = source.groupby(["sku", "location"])["sku"].transform("size").to_numpy()
    share = there // takers + (turn < there % takers)
    capacity = ways["capacity"].to_numpy(dtype=np.float64).copy()
    capacity[rows] = np.minimum(capacity[rows], share)
    ways["capacity"] = capacity
    ways["owned_cost"] = np.where(moves, ways["planning_unit_cost"], 0.0)
    ways["duty_rate"] = np.where(moves, 0.0, ways["duty_rate"])
    return ways

"""What a supplier's failure asks for: floors by supplier and item, and what is to be held (O09–O11, E04)."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from scipy.special import ndtri

from inventory.dataset import Dataset
from inventory.fees.stock_paths import daily_spread, daily_units
from inventory.supplier_buffer import SupplierShare, dual_supplier_floors, own_buffer, with_floor
from inventory.supply import supply_ways
from optimizer.safety_stock import safety_stock
from serving.money import stock_facts

__all__ = ["FLOOR_COLUMNS", "supplier_floors"]

FLOOR_COLUMNS = (
    *(
        "sku",
        "location",
        "supplier",
        "mode",
        "daily_units",
        "longest_delay_days",
        "planned_delay_days",
        "share",
        "floor",
    ),
    *("vmi", "own_buffer", "item_floor", "safety_stock", "to_hold"),
)
Lane = tuple[str, str]
"""Supplier and mode."""


def supplier_floors(dataset: Dataset, day: date, learned: pd.DataFrame, together: bool = False) -> pd.DataFrame:
    """Return one row a sku, location, supplier and mode that has delivered, with FLOOR_COLUMNS; units.

    learned: of `inventory.receipts.learned_lead_times`. share: of the item's units that came that way (even where none
    came); floor: what the longest delay of that share asks for beyond the planned delay; own_buffer: of it what the
    supplier does not hold at hand. item_floor: the largest of the item's floors, or with `together`, where the
    suppliers fail at the same time, their sum. safety_stock: Z·√(L σ_d² + d̄² σ_L²) at the dataset's cycle service
    level, L and σ_L as learned. to_hold: the greater of the last two, for their sum would count delays twice.
    """
    facts = stock_facts(dataset, None)
    daily, spread = daily_units(facts, day), daily_spread(facts, day)
    lanes = {(str(lane.supplier), str(lane.mode)): lane for lane in learned.itertuples()}
    came, held = _received(dataset.table("receipts"), day), _held_by_suppliers(dataset.table("supply"))
    z = float(ndtri(dataset.config.planning.cycle_service_level))
    rows = []
    for (sku, location), ways in _known_ways(dataset, daily, lanes).items():
        units = daily[sku, location]
        shares = _shares([came.get((sku, *way), 0.0) for way in ways])
        parts = [_share_of(way, share, lanes[way]) for way, share in zip(ways, shares, strict=True)]
        floors, item_floor = dual_supplier_floors(units, parts, together)
        for way, part in zip(ways, parts, strict=True):
            lane, floor = lanes[way], floors[part.supplier]
            at_supplier = held.get((sku, way[0]), held.get(("*", way[0])))
            safety = safety_stock(z, spread[sku, location], lane.learned_days, units, _known(lane.learned_sd_days))
            own = own_buffer(floor, at_supplier is not None, at_supplier or 0.0)
            delays = part.longest_delay_days, part.planned_delay_days
            left = at_supplier is not None, own, item_floor, safety, with_floor(safety, item_floor)
            rows.append((sku, location, *way, units, *delays, part.share, floor, *left))
    return pd.DataFrame(rows, columns=list(FLOOR_COLUMNS))


def _known_ways(
    dataset: Dataset, daily: Mapping[tuple[str, str], float], lanes: Mapping[Lane, Any]
) -> dict[tuple[str, str], list[Lane]]:
    """Return the ways to buy each item whose delays receipts tell."""
    series = pd.DataFrame(sorted(daily), columns=["sku", "location"]).astype("str")
    ways = supply_ways(dataset.table("products"), dataset.table("supply"), series, dataset.config)
    found: dict[tuple[str, str], list[Lane]] = {}
    for row in ways.itertuples():
        lane = lanes.get((row.supplier, row.mode))
        if lane is not None and not pd.isna(lane.longest_delay_days):
            found.setdefault((row.sku, row.location), []).append((row.supplier, row.mode))
    return {key: list(dict.fromkeys(of_item)) for key, of_item in found.items()}


def _received(receipts: pd.DataFrame, day: date) -> dict[tuple[str, str, str], float]:
    """Return the units that came before `day` by sku, supplier and mode."""
    known = receipts[receipts["received_on"] < pd.Timestamp(day)]
    keys = [known["sku"].astype(str), known["supplier"].fillna("").astype(str), known["mode"].fillna("").astype(str)]
    sums = known["quantity"].groupby(keys).sum()
    return {(str(sku), str(supplier), str(mode)): float(units) for (sku, supplier, mode), units in sums.items()}


def _shares(units: list[float]) -> list[float]:
    whole = math.fsum(units)
    return [one / whole for one in units] if whole > 0 else [1.0 / len(units)] * len(units)


def _share_of(way: Lane, share: float, lane: Any) -> SupplierShare:
    planned = max(lane.learned_days - lane.promised_days, 0.0) if lane.promised_days > 0 else 0.0
    return SupplierShare(" by ".join(filter(None, way)), share, float(lane.longest_delay_days), float(planned))


def _known(days: float) -> float:
    return 0.0 if pd.isna(days) else float(days)


def _held_by_suppliers(supply: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the units that each supplier holds at hand under VMI, by (sku or `*`, supplier)."""
    if "vmi" not in supply:
        return {}
    flagged = supply[supply["vmi"].astype(bool)]
    units = flagged["vmi_units"].fillna(0.0) if "vmi_units" in flagged else pd.Series(0.0, index=flagged.index)
    return dict(zip(zip(flagged["sku"], flagged["supplier"].fillna(""), strict=True), units.astype(float), strict=True))

"""Units of measure of uploaded quantities: UN/ECE Recommendation 20 codes that count pieces, made sellable units.

A dataset counts sellable units (C62). A row may state another unit in the column `unit_of_measure`; what does not
count pieces (kilograms, metres) is refused at that row, because no factor could be right for every product.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from inventory.breach import Breach, RawTable
from inventory.cells import as_text

__all__ = ["COUNTED", "PIECES", "UNIT_RULE", "take_units"]

PIECES: Mapping[str, int] = {
    "C62": 1,
    "EA": 1,
    "H87": 1,
    "PCE": 1,
    "PR": 2,
    "DZN": 12,
    "CEN": 100,
    "GRO": 144,
    "MIL": 1000,
}
"""Code → pieces: one, each, piece (Rec 20's H87 and the PCE that many systems write), pair, dozen, hundred, gross,
thousand."""

CASES = frozenset({"CS", "XCS", "CT", "XCT"})
"""Case and carton (Recommendation 21): as many pieces as the product's case pack says."""

COUNTED: Mapping[str, tuple[str, ...]] = {
    "sales": ("units",),
    "stock": ("on_hand", "reserved", "unsellable"),
    "open_orders": ("quantity",),
    "returns": ("units",),
    "receipts": ("quantity", "defective"),
}
"""Table → columns that a row's unit of measure is about."""

NAMES = ("unit_of_measure", "uom", "unit")
UNIT_RULE = "is not a unit that counts pieces of this product"
REMEDY = f"send pieces ({', '.join(PIECES)}), or cases (CS, CT) of a product whose supply states one case_pack"


def take_units(
    raw: RawTable, case_packs: Callable[[], Mapping[str, int]]
) -> tuple[npt.NDArray[np.float64] | None, list[Breach]]:
    """Return the pieces that each row's unit stands for, (n,), and the rows whose unit is none; the column goes.

    case_packs: gives sku → units in a case, where it is known and only one; asked where a row is in cases. None where
    the upload states no units.
    """
    header = _header(raw)
    if header is None or raw.name not in COUNTED:
        return None, []
    codes = [word.strip().upper() for word in as_text(raw.cells.pop(header)).to_pylist()]
    skus = as_text(raw.cells["sku"]).to_pylist() if "sku" in raw.cells else [""] * len(codes)
    packs = case_packs() if CASES.intersection(codes) else {}
    factors = np.array([_pieces(code, sku.strip(), packs) for code, sku in zip(codes, skus, strict=True)])
    bad = np.flatnonzero(np.isnan(factors))
    factors[bad] = 1.0
    values: list[Any] = [codes[place] for place in bad]
    return factors, [Breach(header, UNIT_RULE, REMEDY, bad, values)] if len(bad) else []


def _header(raw: RawTable) -> str | None:
    loose = {header.casefold().replace(" ", "_").replace("-", "_"): header for header in raw.cells}
    return next((loose[name] for name in NAMES if name in loose), None)


def _pieces(code: str, sku: str, case_packs: Mapping[str, int]) -> float:
    if not code:
        return 1.0
    if code in CASES:
        return float(case_packs.get(sku, np.nan))
    return float(PIECES.get(code, np.nan))

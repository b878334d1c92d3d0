"""Which sku an FNSKU or an ASIN is: some reports name products only by the marketplace's own codes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from inventory.imports.parsed_report import ParsedReport

__all__ = ["Identity", "identify"]

CODES = ("fnsku", "asin", "child", "parent")
"""Fields that name a product, the surest first."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Code → sku, where exactly one sku has the code."""

    skus: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str]]) -> "Identity":
        """Return what rows of (sku, FNSKU, ASIN) tell; a code of several skus names none of them."""
        found: dict[str, set[str]] = defaultdict(set)
        for sku, *codes in rows:
            for code in codes:
                if sku and code:
                    found[code].add(sku)
        return cls({code: min(skus) for code, skus in found.items() if len(skus) == 1})

    def sku_of(self, codes: Iterable[str]) -> str | None:
        """Return the sku of the first code that names one."""
        return next((self.skus[code] for code in codes if code in self.skus), None)


def identify(report: ParsedReport, identity: Identity) -> None:
    """Fill empty skus in place: by FNSKU, then ASIN, as products are known by; else the code itself is the sku.

    A row that names no product at all is refused where its layout asks for a sku.
    """
    columns = [report.fields[name] for name in CODES if name in report.fields]
    sku = report.fields["sku"].copy()
    unknown: set[str] = set()
    for place in np.flatnonzero(sku == ""):
        codes = [str(column[place]) for column in columns if column[place]]
        named = identity.sku_of(codes)
        if named is None and codes:
            unknown.add(codes[0])
        sku[place] = named or (codes[0] if codes else "")
    report.fields["sku"] = sku
    if unknown:
        shown = ", ".join(sorted(unknown)[:3]) + (", …" if len(unknown) > 3 else "")
        report.warnings.append(
            f"{len(unknown):,} products have no sku in the report and none in the table products; their own codes are "
            f"taken ({shown}): import a report with sku and FNSKU first"
        )
    if report.layout["sku"].required:
        report.refuse("sku", "is empty", "fill the cell or remove the row", report.fields["sku"] == "")

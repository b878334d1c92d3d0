"""Text to numbers: decimal points and commas; no thousands separators, since 1,234 has two readings."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from inventory.cells import Fault

__all__ = ["NOT_FINITE", "parse_numbers", "uses_decimal_comma"]

NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
COMMA_NUMBER = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
THOUSANDS = r"^[+-]?[1-9]\d{0,2}([,.' \x{00a0}\x{202f}]\d{3})+([.,]\d+)?$"
SURELY_DECIMAL = r"^[+-]?(0*|\d{4,}),\d+$|^[+-]?\d*,(\d{1,2}|\d{4,})$"
NUMBER_REMEDY = "write a plain number such as 1234.5, or leave an optional cell empty"
NOT_FINITE = "is not a finite number"


def uses_decimal_comma(columns: list[pa.ChunkedArray]) -> bool:
    """Whether any cell of a file's number columns surely is a decimal comma: 12,5 or 0,125, but not 1,234."""
    return any(bool(pc.any(pc.match_substring_regex(cells, SURELY_DECIMAL)).as_py()) for cells in columns)


def parse_numbers(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    """Parse numbers (u,) from distinct texts; see the module's patterns for what is refused and why."""
    plain = _where(texts, NUMBER)
    decimal = _where(texts, COMMA_NUMBER)
    thousands = _where(texts, THOUSANDS) & ~(plain & (not comma)) & ~(decimal & comma)
    good = (decimal | (plain & ~thousands)) if comma else plain
    pointed = np.zeros(len(good), bool)
    if comma:
        pointed = good & _where(texts, r"\.")
        good &= ~pointed
    dotted = pc.replace_substring(texts, ",", ".") if comma else texts
    values = pc.if_else(pa.array(good), dotted, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    values = np.array(values, dtype=np.float64)
    infinite = np.isinf(values) | _where(texts, r"(?i)^[+-]?(nan|inf|infinity)$")
    values[np.isinf(values)] = np.nan
    rest = ~(good | thousands | pointed | infinite) & _where(texts, ".")
    wrong_comma = rest & decimal
    faults = [
        Fault("has thousands separators", _without_thousands, thousands),
        Fault("has a decimal point in a file with decimal commas", "use one decimal mark throughout", pointed),
        Fault("has a decimal comma in a file separated by commas", _point_for_comma, wrong_comma),
        Fault(NOT_FINITE, "write the number, or leave an optional cell empty", infinite),
        Fault("is not a number", NUMBER_REMEDY, rest & ~wrong_comma),
    ]
    return values, [fault for fault in faults if fault.bad.any()]


def _where(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(bool)


def _without_thousands(text: str) -> str:
    return f"write it without them: {re.sub(r'[^0-9+-]', '', text)}" if _is_whole(text) else "write it without them"


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,3}(?:([,.' \u00a0\u202f])\d{3}(?:\1\d{3})*)", text) is not None


def _point_for_comma(text: str) -> str:
    return f"write {text.replace(',', '.')}, or separate the columns with ';'"

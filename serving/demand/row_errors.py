"""What is wrong with which row: for a program (JSON pointer, code), and as a file that a person can work through."""

from typing import Any

import pandas as pd

from inventory.unit_codes import UNIT_RULE
from inventory.upload_formats import UploadFormat

__all__ = ["SHOWN_ERRORS", "error_file_text", "row_errors"]

SHOWN_ERRORS = 100
"""Errors in an answer; the error file has them all."""

SPREADSHEET_FORMULA = ("=", "+", "-", "@", "\t")


def row_errors(rejected: pd.DataFrame, form: UploadFormat) -> list[dict[str, Any]]:
    """Return the first bad rows: row, pointer (JSON only), column, code, message, value.

    `row` counts as the format does: JSON from 0 as its pointers, lines of NDJSON and CSV and rows of a sheet from 1.
    """
    found = []
    for row, column, rule, remedy, value in rejected.head(SHOWN_ERRORS).itertuples(index=False):
        where = f"#/{row}" + (f"/{_escaped(column)}" if _told(column) else "")
        place = f"row {row}" + (f", {column}" if _told(column) else "")
        got = f" (got {value!r})" if _told(value) and value != "" else ""
        found.append(
            {
                "row": int(row),
                **({"pointer": where} if form is UploadFormat.JSON else {}),
                "column": column if _told(column) else None,
                "code": "unit.unknown" if rule == UNIT_RULE else "data.invalid",
                "message": f"{place}: {rule}{got}; {remedy}.",
            }
        )
    return found


def error_file_text(rejected: pd.DataFrame) -> str:
    """Return all bad rows as CSV: row, column, rule, remedy, value; no cell of it is a formula for a spreadsheet."""
    safe = rejected.assign(value=[_inert(value) for value in rejected["value"]])
    return safe.to_csv(index=False, lineterminator="\n")


def _inert(value: Any) -> str:
    text = str(value) if _told(value) else ""
    return f"'{text}" if text.startswith(SPREADSHEET_FORMULA) else text


def _told(value: Any) -> bool:
    return value is not None and not pd.isna(value)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")

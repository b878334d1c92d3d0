"""A JSON report as a raw table: each object of its lists is a row, nested values are columns with dotted names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from inventory.breach import RawTable, file_error
from inventory.inflate import UploadLimits
from inventory.json_rows import raw_of_records

__all__ = ["load_json", "read_records"]

DEEPEST = 8
SPECIFICATION = "reportSpecification"


def load_json(file: str, data: bytes) -> Any:
    """Return what a JSON file holds, numbers as the texts that they are; raises DataError for what is no JSON."""
    try:
        return json.loads(data.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=str)
    except UnicodeDecodeError as error:
        raise file_error(file, f"is not UTF-8 ({error.reason} at byte {error.start})", "download it again") from None
    except RecursionError:
        raise file_error(file, "is not JSON (nested too deeply)", "download the report again") from None
    except ValueError as error:
        raise file_error(file, f"is not JSON ({str(error)[:120]})", "download the report again") from None


def read_records(file: str, data: bytes, records: Sequence[str], limits: UploadLimits) -> RawTable:
    """Return the objects of the lists named `records`, numbered from 1 through all lists in that order.

    The report's own specification is in every row, under `reportSpecification.…`. Raises DataError for what is no such
    JSON, UploadTooLargeError beyond the limits.
    """
    report = load_json(file, data)
    if not isinstance(report, Mapping):
        raise file_error(file, "is not a report (no JSON object)", "download the report again")
    lists = [name for name in records if name in report]
    if not lists:
        rule = f"has no list {' or '.join(records)}"
        raise file_error(file, rule, f"give the report itself; it holds {', '.join(list(report)[:8]) or 'nothing'}")
    told = dict(_flat({SPECIFICATION: report.get(SPECIFICATION) or {}}, 0))
    rows: list[tuple[int, Any]] = []
    for name in lists:
        if not isinstance(report[name], list):
            raise file_error(file, f"has a {name} that is no list", "download the report again")
        for record in report[name]:
            flat = {**told, **dict(_flat(record, 0))} if isinstance(record, Mapping) else record
            rows.append((len(rows) + 1, flat))
    if not rows:
        return RawTable("report", file, {}, np.empty(0, np.int64), encoding="utf-8")
    raw = raw_of_records("report", file, rows, limits)
    raw.encoding = "utf-8"
    return raw


def _flat(value: Mapping[str, Any], depth: int, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping) and depth < DEEPEST:
            yield from _flat(item, depth + 1, f"{name}.")
        elif isinstance(item, list | Mapping):
            yield name, json.dumps(item, ensure_ascii=False)
        else:
            yield name, item

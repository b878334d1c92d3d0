"""The files that a job leaves: in the tenant's own folder, one table in each format that was asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UsageError
from core.settings import Settings
from serving.access.tenants import tenant_settings
from serving.files import write_atomically, write_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMATS", "MEDIA_TYPES", "job_folder", "result_file", "write_bytes", "write_result"]

FORMATS = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats of a result table and their media types."""

MEDIA_TYPES = {
    **FORMATS,
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Formats of all files that a job may leave: tables, pages, workbooks, settings."""


def job_folder(settings: Settings, tenant: str, job_id: str) -> Path:
    """Return where the files of a job are."""
    return tenant_settings(settings, tenant).home / "jobs" / job_id


def write_result(folder: Path, name: str, table: "pd.DataFrame", formats: list[str]) -> dict[str, Any]:
    """Write a table into the folder in each format; return its name, rows, and the bytes of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for kind in formats:
        path = folder / f"{name}.{kind}"
        write_table(table, path)
        sizes[kind] = path.stat().st_size
    return {"table": name, "rows": len(table), "files": sizes}


def write_bytes(folder: Path, name: str, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Write a page, a workbook or the like into the folder, a file a format; return what `write_result` does."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, data in contents.items():
        write_atomically(folder / f"{name}.{kind}", lambda path, data=data: _fill(path, data))  # type: ignore[misc]
    return {"table": name, "rows": 0, "files": {kind: len(data) for kind, data in contents.items()}}


def _fill(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def result_file(folder: Path, name: str, kind: str) -> Path:
    """Return a file of a result; raises UsageError where the job did not write it."""
    path = folder / f"{name}.{kind}"
    if kind not in MEDIA_TYPES or not path.is_file():
        raise UsageError(f"the job wrote no {kind} file of {name}")
    return path

"""The files that a job leaves: in the tenant's own folder, one table in each format that was asked for."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UsageError
from core.settings import Settings
from serving.access.tenants import tenant_settings
from serving.files import write_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMATS", "job_folder", "result_file", "write_result"]

FORMATS = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""Formats of a result table and their media types."""


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


def result_file(folder: Path, name: str, kind: str) -> Path:
    """Return a file of a result; raises UsageError where the job did not write it."""
    path = folder / f"{name}.{kind}"
    if kind not in FORMATS or not path.is_file():
        raise UsageError(f"the job wrote no {kind} file of {name}")
    return path

"""Rows of a stored table, a page at a time, all of them or those changed since a moment."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from inventory.schema import TABLES
from serving.demand.datasets import need_dataset, store_of
from serving.demand.demand_tables import DATASET_VERSIONS
from serving.demand.uploads import microseconds
from serving.demand.version_store import read_moments, read_stored
from serving.paging import decode_cursor, encode_cursor
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = ["read_rows"]


def read_rows(
    platform: Platform,
    tenant: str,
    dataset: str,
    table: str,
    updated_since: datetime | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return the body of `RowsAnswer`.

    All pages come from the version of the first one; raises ApiProblem `request.invalid` where that version is kept no
    longer, `resource.unknown` for a table that the dataset does not have.
    """
    if table not in TABLES:
        raise ApiProblem("resource.unknown", f"There is no table {table[:80]!r}; tables are {', '.join(TABLES)}.")
    resource = f"rows of {table}"
    at = decode_cursor(resource, cursor, int, int)
    with platform.database.reading() as connection:
        state = need_dataset(platform, connection, tenant, dataset)
        version, folder = state.version, state.folder
        if at is not None and at[0] != version:
            version = int(at[0])
            folder = store_of(platform, tenant, dataset).path(_folder_of(connection, tenant, dataset, version))
    stored = read_stored(folder, table)
    if stored is None or folder is None:
        raise ApiProblem("resource.unknown", f"The dataset {dataset!r} has no table {table!r} yet.")
    moments = read_moments(folder, table, len(stored), microseconds(state.created_at))
    first: int = at[1] if at is not None else 0
    wanted = np.arange(first, len(stored))
    if updated_since is not None:
        wanted = wanted[moments[first:] >= microseconds(updated_since)]
    page = wanted[:limit]
    more = len(wanted) > limit
    following = encode_cursor(resource, version, int(wanted[limit])) if more else None
    items = _records(stored.iloc[page], moments[page])
    return {"dataset": dataset, "table": table, "version": version, "items": items, "next_cursor": following}


def _folder_of(connection: sa.Connection, tenant: str, dataset: str, version: int) -> str:
    table = DATASET_VERSIONS.c
    mine = (table.tenant == tenant) & (table.dataset == dataset) & (table.version == version)
    found = connection.execute(sa.select(table.folder, table.pruned_at).where(mine)).one_or_none()
    if found is None or found.pruned_at is not None:
        error = {"parameter": "cursor", "code": "cursor", "message": "its version is kept no longer; start again"}
        raise ApiProblem("request.invalid", f"cursor: version {version} is kept no longer; start again.", [error])
    name: str = found.folder
    return name


def _records(frame: pd.DataFrame, moments: np.ndarray) -> list[dict[str, Any]]:
    """Return rows as JSON: ISO days, null for what is missing, whole numbers without a point, `updated_at`."""
    columns: dict[str, list[Any]] = {str(name): [_plain(value) for value in frame[name]] for name in frame}
    columns["updated_at"] = [
        datetime.fromtimestamp(moment / 1_000_000, UTC).isoformat().replace("+00:00", "Z") for moment in moments
    ]
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return str(value)

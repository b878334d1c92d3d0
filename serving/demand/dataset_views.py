"""What a client is shown of datasets, versions and uploads."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import sqlalchemy as sa

from inventory.reading import find_files
from serving.demand.dataset_settings import settings_shown
from serving.demand.datasets import DatasetState, list_datasets, need_dataset
from serving.demand.demand_tables import DATASET_UPLOADS, DATASET_VERSIONS
from serving.paging import cut_page, decode_cursor
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = ["dataset_answer", "datasets_answer", "shown_moment", "upload_record", "versions_answer"]


def shown_moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 text in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def datasets_answer(platform: Platform, tenant: str) -> dict[str, Any]:
    """Return the body of `DatasetsAnswer`."""
    with platform.database.reading() as connection:
        found = list_datasets(platform, connection, tenant)
    return {"items": [_shown(platform, state) for state in found]}


def dataset_answer(platform: Platform, tenant: str, dataset: str) -> dict[str, Any]:
    """Return the body of `DatasetAnswer`; raises ApiProblem `dataset.unknown`."""
    with platform.database.reading() as connection:
        return _shown(platform, need_dataset(platform, connection, tenant, dataset))


def versions_answer(platform: Platform, tenant: str, dataset: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """Return the body of `VersionsAnswer`, newest first."""
    at = decode_cursor("dataset versions", cursor, int)
    table = DATASET_VERSIONS.c
    wanted = sa.select(DATASET_VERSIONS).where(table.tenant == tenant, table.dataset == dataset)
    if at is not None:
        wanted = wanted.where(table.version < at[0])
    with platform.database.reading() as connection:
        need_dataset(platform, connection, tenant, dataset)
        rows = connection.execute(wanted.order_by(table.version.desc()).limit(limit + 1)).all()
    page, following = cut_page("dataset versions", rows, limit, lambda row: (row.version,))
    items = [
        {
            "version": row.version,
            "upload_id": row.upload_id,
            "tables": row.rows,
            "actor": row.actor,
            "created_at": shown_moment(row.created_at),
            "kept": row.pruned_at is None,
        }
        for row in page
    ]
    return {"items": items, "next_cursor": following}


def upload_record(platform: Platform, tenant: str, dataset: str, upload_id: str) -> sa.Row[Any]:
    """Return an upload's row; raises ApiProblem `resource.unknown`."""
    table = DATASET_UPLOADS.c
    mine = (table.tenant == tenant) & (table.dataset == dataset) & (table.upload_id == upload_id)
    with platform.database.reading() as connection:
        found = connection.execute(sa.select(DATASET_UPLOADS).where(mine)).one_or_none()
    if found is None:
        raise ApiProblem("resource.unknown", f"There is no upload {upload_id[:40]!r} to the dataset {dataset[:63]!r}.")
    return found


def _shown(platform: Platform, state: DatasetState) -> dict[str, Any]:
    return {
        "dataset": state.dataset,
        "version": state.version,
        "tables": {} if state.folder is None else _tables(state.folder),
        "settings": {} if state.folder is None else settings_shown(state.folder),
        "serving": platform.host.described(state.tenant, state.dataset),
        "created_at": shown_moment(state.created_at),
        "updated_at": shown_moment(state.updated_at),
    }


def _tables(folder: Path) -> Mapping[str, int | None]:
    files = find_files(folder)[0] if folder.is_dir() else {}
    return {
        name: parquet.read_metadata(path).num_rows if path.suffix == ".parquet" else None
        for name, path in sorted(files.items())
    }

"""Datasets in the database: which there are, which version of each counts, and where its tables are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.database import hold_name
from core.settings import Settings
from serving.access import LOCAL_TENANT, Caller, tenant_settings
from serving.demand.demand_tables import DATASET_VERSIONS, DATASETS
from serving.demand.version_store import VersionStore
from serving.facts import dataset_id
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = [
    "DEFAULT_DATASET",
    "KEPT_VERSIONS",
    "DatasetState",
    "add_version",
    "check_dataset_name",
    "dataset_folder",
    "dataset_home",
    "dataset_names",
    "dataset_state",
    "forget_old_versions",
    "is_named",
    "kept_versions",
    "list_datasets",
    "need_dataset",
    "next_version",
    "register_base",
    "store_of",
]

DEFAULT_DATASET = "default"
"""What a request that names no dataset is about."""
KEPT_VERSIONS = 5
"""Versions whose folders are kept: the newest ones, to read from and to go back to."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class DatasetState:
    """A dataset as it stands: `version` and the folder of its tables (None: nothing was uploaded yet)."""

    tenant: str
    dataset: str
    version: int
    folder: Path | None
    model_name: str
    created_at: datetime
    updated_at: datetime


def check_dataset_name(name: str) -> str:
    """Return the name; raises ApiProblem `dataset.unknown` (404) for one that no dataset can have."""
    if not _NAME.fullmatch(name):
        raise ApiProblem(
            "dataset.unknown",
            f"{name[:80]!r} names no dataset: names are 1 … 63 of a-z, 0-9, - and _ (GET /v1/datasets).",
        )
    return name


def dataset_home(settings: Settings, tenant: str, dataset: str) -> Path:
    """Return the folder of a dataset's versions."""
    return tenant_settings(settings, tenant).home / "datasets" / check_dataset_name(dataset)


def store_of(platform: Platform, tenant: str, dataset: str) -> VersionStore:
    """Return the versions of a dataset on disk."""
    return VersionStore(dataset_home(platform.settings, tenant, dataset))


def dataset_state(
    platform: Platform, connection: sa.Connection, tenant: str, dataset: str, lock: bool = False
) -> DatasetState | None:
    """Return a dataset as it stands, None where there is none; `lock` keeps it so until the transaction's end."""
    table = DATASETS.c
    wanted = sa.select(DATASETS).where(table.tenant == tenant, table.dataset == check_dataset_name(dataset))
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else _state(platform, connection, row)


def need_dataset(platform: Platform, connection: sa.Connection, tenant: str, dataset: str) -> DatasetState:
    """Return a dataset as it stands; raises ApiProblem `dataset.unknown` (404)."""
    found = dataset_state(platform, connection, tenant, dataset)
    if found is None:
        raise ApiProblem(
            "dataset.unknown", f"There is no dataset {dataset!r}; upload a table to make it, or GET /v1/datasets."
        )
    return found


def dataset_names(connection: sa.Connection, tenant: str) -> list[str]:
    """Return the names of the tenant's datasets."""
    wanted = sa.select(DATASETS.c.dataset).where(DATASETS.c.tenant == tenant).order_by(DATASETS.c.dataset)
    return list(connection.execute(wanted).scalars())


def list_datasets(platform: Platform, connection: sa.Connection, tenant: str) -> list[DatasetState]:
    """Return the tenant's datasets by name."""
    rows = connection.execute(sa.select(DATASETS).where(DATASETS.c.tenant == tenant).order_by(DATASETS.c.dataset))
    return [_state(platform, connection, row) for row in rows.all()]


def dataset_folder(platform: Platform, tenant: str, dataset: str = DEFAULT_DATASET) -> Path:
    """Return the folder whose tables count for a tenant's dataset now.

    It never changes: a later upload makes another one, and this one stays for the next uploads. Raises ApiProblem
    `dataset.unknown` where there is no such dataset or nothing was uploaded.
    """
    with platform.database.reading() as connection:
        found = need_dataset(platform, connection, tenant, dataset)
    if found.folder is None:
        raise ApiProblem("dataset.unknown", f"Nothing was uploaded to the dataset {dataset!r} yet.")
    return found.folder


def register_base(platform: Platform, folder: Path) -> None:
    """Make a folder of the user's own (FILLRATE_DATA) version 0 of the local tenant's default dataset.

    Uploads on top of it stay; where another folder was the base, what the command line names now counts, and the
    uploads to the other one count no more.
    """
    now, base = platform.clock(), str(folder.resolve())
    with platform.database.transaction() as connection:
        hold_name(connection, "base", LOCAL_TENANT)  # the processes of a service begin together, with no row to lock
        found = dataset_state(platform, connection, LOCAL_TENANT, DEFAULT_DATASET, lock=True)
        facts: dict[str, Any] = {"base_folder": base, "model_name": dataset_id(folder), "updated_at": now}
        if found is None:
            row = {"tenant": LOCAL_TENANT, "dataset": DEFAULT_DATASET, "version": 0, "created_at": now, **facts}
            connection.execute(DATASETS.insert().values(row))
            return
        mine = (DATASETS.c.tenant == LOCAL_TENANT) & (DATASETS.c.dataset == DEFAULT_DATASET)
        before = connection.execute(sa.select(DATASETS.c.base_folder).where(mine)).scalar_one()
        if before != base:
            connection.execute(DATASETS.update().where(mine).values(version=0, **facts))


def next_version(connection: sa.Connection, tenant: str, dataset: str) -> int:
    """Return the number of the next version: no number is given twice."""
    table = DATASET_VERSIONS.c
    mine = (table.tenant == tenant) & (table.dataset == dataset)
    newest = connection.execute(sa.select(sa.func.max(table.version)).where(mine)).scalar_one()
    return (newest or 0) + 1


def add_version(
    connection: sa.Connection,
    caller: Caller,
    dataset: str,
    number: int,
    folder: str,
    model_name: str,
    rows: Mapping[str, int],
    now: datetime,
    upload_id: str | None = None,
) -> None:
    """Let version `number`, written to `folder`, count from now on, in the caller's transaction."""
    mine = (DATASETS.c.tenant == caller.tenant) & (DATASETS.c.dataset == dataset)
    moved = connection.execute(DATASETS.update().where(mine).values(version=number, updated_at=now))
    if moved.rowcount == 0:
        new = {"tenant": caller.tenant, "dataset": dataset, "version": number, "model_name": model_name}
        connection.execute(DATASETS.insert().values(new | {"created_at": now, "updated_at": now}))
    row = {
        "tenant": caller.tenant,
        "dataset": dataset,
        "version": number,
        "folder": folder,
        "upload_id": upload_id,
        "rows": dict(rows),
        "actor": caller.actor,
        "created_at": now,
    }
    connection.execute(DATASET_VERSIONS.insert().values(row))


def forget_old_versions(platform: Platform, tenant: str, dataset: str) -> None:
    """Remove the folders of all but the newest versions, and what killed processes left.

    The database says so first: a process that is killed here leaves a folder that nobody reads.
    """
    table = DATASET_VERSIONS.c
    mine = (table.tenant == tenant) & (table.dataset == dataset) & table.pruned_at.is_(None)
    with platform.database.transaction() as connection:
        kept = connection.execute(
            sa.select(table.version, table.folder).where(mine).order_by(table.version.desc())
        ).all()
        old = [row.version for row in kept[KEPT_VERSIONS:]]
        if old:
            gone = DATASET_VERSIONS.update().where(mine, table.version.in_(old))
            connection.execute(gone.values(pruned_at=platform.clock()))
    store = store_of(platform, tenant, dataset)
    for row in kept[KEPT_VERSIONS:]:
        store.drop(row.folder)
    store.sweep({row.folder for row in kept[:KEPT_VERSIONS]})


def is_named(connection: sa.Connection, tenant: str, dataset: str, folder: str) -> bool:
    """Return whether a folder of the store is a version's."""
    table = DATASET_VERSIONS.c
    mine = (table.tenant == tenant) & (table.dataset == dataset) & (table.folder == folder)
    return connection.execute(sa.select(table.version).where(mine)).one_or_none() is not None


def kept_versions(platform: Platform, connection: sa.Connection, state: DatasetState) -> list[tuple[int, Path]]:
    """Return the versions that can be answered from, newest first, each with its folder: the one that counts and those
    before it that are kept; version 0 is the last."""
    table = DATASET_VERSIONS.c
    mine = (table.tenant == state.tenant) & (table.dataset == state.dataset) & table.pruned_at.is_(None)
    wanted = sa.select(table.version, table.folder).where(mine, table.version <= state.version)
    store = store_of(platform, state.tenant, state.dataset)
    found = [(row.version, store.path(row.folder)) for row in connection.execute(wanted.order_by(table.version.desc()))]
    mine_too = (DATASETS.c.tenant == state.tenant) & (DATASETS.c.dataset == state.dataset)
    base = connection.execute(sa.select(DATASETS.c.base_folder).where(mine_too)).scalar_one()
    return [*found, (0, Path(base))] if base is not None else found


def _state(platform: Platform, connection: sa.Connection, row: sa.Row[Any]) -> DatasetState:
    return DatasetState(
        row.tenant,
        row.dataset,
        row.version,
        _folder(platform, connection, row),
        row.model_name,
        row.created_at,
        row.updated_at,
    )


def _folder(platform: Platform, connection: sa.Connection, row: sa.Row[Any]) -> Path | None:
    if row.version == 0:
        return None if row.base_folder is None else Path(row.base_folder)
    table = DATASET_VERSIONS.c
    mine = (table.tenant == row.tenant) & (table.dataset == row.dataset) & (table.version == row.version)
    name = connection.execute(sa.select(table.folder).where(mine)).scalar_one()
    return store_of(platform, row.tenant, row.dataset).path(name)

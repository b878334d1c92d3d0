"""An upload, from bytes to a new version of its dataset: read, judged, merged, written beside, then pointed to.

The work is done before the transaction, which only moves the pointer: another request's upload in between makes it do
the work again on what is there then.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from core.frequency import Frequency
from inventory.configuration import read_configuration
from inventory.delta import CREATED, UNCHANGED, UPDATED, Delta, Merged, check_delta, upsert
from inventory.inflate import UploadLimits
from inventory.reading import find_files
from inventory.schema import TABLES, empty_frame
from inventory.upload_formats import UploadFormat, read_upload
from serving.access import Caller
from serving.audit import record
from serving.demand.datasets import (
    DatasetState,
    add_version,
    check_dataset_name,
    dataset_state,
    next_version,
    store_of,
)
from serving.demand.demand_tables import DATASET_UPLOADS
from serving.demand.row_errors import error_file_text, row_errors
from serving.demand.version_store import Contents, read_moments, read_stored, stored_rows
from serving.facts import MODEL_NAME_FILE, dataset_id
from serving.once import Answer
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = [
    "Action",
    "DatasetMoved",
    "Mode",
    "Policy",
    "Prepared",
    "UploadRequest",
    "case_packs",
    "commit",
    "keep_upload",
    "merged_table",
    "microseconds",
    "model_name_of",
    "outcome",
    "prepare",
    "refusal",
    "sold_dates",
    "stated_frequency",
]

SHOWN_RESULTS = 1_000
"""Rows up to which each one's fate is in the answer; of a longer upload only the refused ones are."""


class Mode(StrEnum):
    """Whether an upload is to take effect."""

    WRITE = "write"
    VALIDATE = "validate"


class Policy(StrEnum):
    """What becomes of the good rows of an upload that has bad ones."""

    ATOMIC = "atomic"
    BEST_EFFORT = "best-effort"


class Action(StrEnum):
    """Whether the rows are added to the table (by natural key) or are all of it."""

    UPSERT = "upsert"
    REPLACE = "replace"


class DatasetMoved(Exception):
    """Another upload came first: the work must be done again on what is there now."""


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a client sent."""

    dataset: str
    table: str
    format: UploadFormat
    data: bytes
    mode: Mode = Mode.WRITE
    policy: Policy = Policy.ATOMIC
    action: Action = Action.UPSERT
    limits: UploadLimits = field(default_factory=UploadLimits)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An upload that was judged and merged, and, where it is to take effect, written beside the other versions.

    base: the version that it was merged with (None: no dataset yet). number, folder: of the version written, None
    where there is none to write.
    """

    upload_id: str
    asked: UploadRequest
    delta: Delta
    merged: Merged
    base: int | None
    number: int | None
    folder: str | None
    model_name: str
    rows: Mapping[str, int]
    now: datetime

    @property
    def refused(self) -> bool:
        """Whether nothing of it may take effect."""
        bad = len(self.delta.rejected) > 0
        return bad and (self.asked.policy is Policy.ATOMIC or not len(self.delta.frame))


def prepare(platform: Platform, caller: Caller, asked: UploadRequest) -> Prepared:
    """Read, judge and merge an upload, and write the version it makes; nothing counts yet.

    Raises DataError for what is wrong with the whole upload, UploadTooLargeError, StorageError.
    """
    if asked.table not in TABLES:
        known = ", ".join(TABLES)
        raise ApiProblem("resource.unknown", f"There is no table {asked.table[:80]!r}; tables are {known}.")
    now = platform.clock()
    raw = read_upload(asked.table, asked.format, asked.data, asked.limits)
    with platform.database.reading() as connection:
        state = dataset_state(platform, connection, caller.tenant, check_dataset_name(asked.dataset))
        number = next_version(connection, caller.tenant, asked.dataset)
    folder = None if state is None else state.folder
    delta = check_delta(raw, stated_frequency(folder), sold_dates(folder), asked.limits, lambda: case_packs(folder))
    merged = merged_table(state, delta, now, asked.action is Action.REPLACE)
    base = None if state is None else state.version
    name = state.model_name if state else model_name_of(platform, caller, asked.dataset)
    made = Prepared(uuid.uuid4().hex, asked, delta, merged, base, None, None, name, {}, now)
    if asked.mode is Mode.VALIDATE or made.refused or not merged.changed:
        return made
    store = store_of(platform, caller.tenant, asked.dataset)
    written = store.write(number, folder, Contents({asked.table: merged}), name)
    rows = {**stored_rows(folder), asked.table: len(merged.frame)}
    return Prepared(made.upload_id, asked, delta, merged, base, number, written, name, rows, now)


def commit(platform: Platform, caller: Caller, made: Prepared, connection: sa.Connection) -> Answer:
    """Let the prepared version count, in the caller's transaction, and return the answer.

    Raises DatasetMoved where another upload came first.
    """
    asked = made.asked
    state = dataset_state(platform, connection, caller.tenant, asked.dataset, lock=True)
    if (None if state is None else state.version) != made.base:
        raise DatasetMoved
    version = made.base or 0
    if made.number is not None and made.folder is not None:
        facts = (made.number, made.folder, made.model_name, made.rows, made.now, made.upload_id)
        try:
            add_version(connection, caller, asked.dataset, *facts)
        except sa.exc.IntegrityError as error:
            raise DatasetMoved from error
        version = made.number
        resource = f"/v1/datasets/{asked.dataset}/versions/{version}"
        record(connection, caller, "dataset.upload", resource, {"table": asked.table, "upload_id": made.upload_id})
    bad = len(made.delta.rejected) > 0
    status = "partially_accepted" if bad else "accepted" if made.number is not None else "unchanged"
    body = _body(made, status, version)
    keep_upload(connection, caller, made, body)
    code = 207 if bad else 201 if made.number is not None else 200
    location = {"Location": f"/v1/datasets/{asked.dataset}/uploads/{made.upload_id}"}
    return Answer(code, body, location)


def refusal(made: Prepared) -> ApiProblem:
    """Return the problem that says which rows are wrong, that nothing was written, and where all errors are."""
    asked, bad = made.asked, len(made.delta.rejected)
    errors = row_errors(made.delta.rejected, asked.format)
    place = f"/v1/datasets/{asked.dataset}/uploads/{made.upload_id}/errors"
    what = "rows breaks" if bad == 1 else "rows break"
    return ApiProblem(
        "data.invalid",
        f"{bad:,} of {made.delta.total:,} {what} the data contract; nothing was written. First: {errors[0]['message']} "
        f"All of them, as CSV: GET {place}",
        errors,
        {"Link": f'<{place}>; rel="describedby"'},
    )


def keep_upload(connection: sa.Connection, caller: Caller, made: Prepared, body: Mapping[str, Any]) -> None:
    """Keep what came of an upload, and its error file."""
    row = {
        "tenant": caller.tenant,
        "upload_id": made.upload_id,
        "dataset": made.asked.dataset,
        "table_name": made.asked.table,
        "status": body["status"],
        "answer": dict(body),
        "error_file": error_file_text(made.delta.rejected) if len(made.delta.rejected) else "",
        "actor": caller.actor,
        "created_at": made.now,
    }
    connection.execute(DATASET_UPLOADS.insert().values(row))


def outcome(made: Prepared) -> dict[str, Any]:
    """Return the body of the answer to an upload that took no effect: validated, or refused."""
    status = "valid" if not len(made.delta.rejected) else "invalid" if made.refused else "partially_valid"
    return _body(made, status, made.base or 0)


def microseconds(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, UTC."""
    return round(moment.timestamp() * 1_000_000)


def _body(made: Prepared, status: str, version: int) -> dict[str, Any]:
    asked, merged, bad = made.asked, made.merged, len(made.delta.rejected)
    shown = made.delta.total <= SHOWN_RESULTS and asked.format in (UploadFormat.JSON, UploadFormat.NDJSON)
    errors_at = f"/v1/datasets/{asked.dataset}/uploads/{made.upload_id}/errors"
    return {
        "upload_id": made.upload_id,
        "dataset": asked.dataset,
        "table": asked.table,
        "mode": str(asked.mode),
        "policy": str(asked.policy),
        "action": str(asked.action),
        "status": status,
        "version": version,
        "rows": {
            "sent": made.delta.total,
            **{name: merged.count(name) for name in (CREATED, UPDATED, UNCHANGED)},
            "removed": merged.removed,
            "refused": bad,
        },
        "results": _results(made) if shown else [],
        "errors": row_errors(made.delta.rejected, asked.format),
        "error_file": errors_at if bad else None,
        "warnings": list(made.delta.warnings),
    }


def _results(made: Prepared) -> list[dict[str, Any]]:
    """Return what became of each row, in the order sent."""
    fates = [(int(row), status) for row, status in zip(made.delta.rows, made.merged.statuses, strict=True)]
    fates += [(int(row), "refused") for row in made.delta.rejected["row"]]
    return [{"row": row, "status": status} for row, status in sorted(fates)]


def merged_table(
    state: DatasetState | None,
    delta: Delta,
    now: datetime,
    replace: bool = False,
    without: Callable[[pd.DataFrame], npt.NDArray[np.bool_]] | None = None,
) -> Merged:
    """Return the delta's table of a dataset after it; replace: its rows are the whole table.

    without: says which rows of the table go before (n,).
    """
    folder, name = (None if state is None else state.folder), delta.table.name
    current = read_stored(folder, name)
    if current is None or folder is None or state is None:
        current, moments = empty_frame(TABLES[name]), np.empty(0, dtype=np.int64)
    else:
        moments = read_moments(folder, name, len(current), microseconds(state.created_at))
    gone = 0
    if without is not None and len(current):
        left = ~without(current)
        current, moments, gone = current[left].reset_index(drop=True), moments[left], int((~left).sum())
    merged = upsert(current, moments, delta, microseconds(now), replace)
    return Merged(merged.frame, merged.moments, merged.statuses, merged.removed + gone) if gone else merged


def stated_frequency(folder: Path | None) -> Frequency | None:
    """Return the frequency that a dataset's configuration names; None where it names none."""
    if folder is None:
        return None
    config, named = read_configuration(folder)
    return config.frequency if named else None


def sold_dates(folder: Path | None) -> pd.Series | None:
    """Return the dates of the sales that are there; None where there are none."""
    path = None if folder is None else find_files(folder)[0].get("sales")
    if path is None or folder is None:
        return None
    if (folder / MODEL_NAME_FILE).is_file() and path.suffix == ".parquet":  # ours: read no more than the dates
        dates = pd.read_parquet(path, columns=["date"])["date"]
    else:
        stored = read_stored(folder, "sales")
        dates = stored["date"] if stored is not None else pd.Series(dtype="datetime64[s]")
    return dates.astype("datetime64[s]") if len(dates) else None


def case_packs(folder: Path | None) -> dict[str, int]:
    """Return sku → units in a case, where all supply rows of the sku agree."""
    supply = read_stored(folder, "supply")
    if supply is None:
        return {}
    packs = supply.dropna(subset=["case_pack"]).groupby("sku")["case_pack"].agg(["min", "max"])
    agreed = packs[packs["min"] == packs["max"]]["min"]
    return {str(sku): int(pack) for sku, pack in agreed.items()}


def model_name_of(platform: Platform, caller: Caller, dataset: str) -> str:
    """Return what the models of a new dataset are registered under."""
    place = store_of(platform, caller.tenant, dataset).folder.parent
    return f"{caller.tenant}-{dataset_id(place)}"

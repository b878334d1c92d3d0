"""The kind `import`: an upload of a table that takes longer than a request; its rows wait in a file of the tenant."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.settings import Settings
from inventory.upload_formats import UploadFormat
from serving.access import Caller, Scope
from serving.access.tenants import tenant_settings
from serving.demand.datasets import is_named, store_of
from serving.demand.row_errors import row_errors
from serving.demand.uploads import (
    Action,
    DatasetMoved,
    Mode,
    Policy,
    Prepared,
    UploadRequest,
    commit,
    keep_upload,
    outcome,
    prepare,
    refusal,
)
from serving.files import write_atomically
from serving.jobs.job import ItemError
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun, StepFailed, write_once
from serving.problems import ApiProblem

__all__ = ["IMPORT", "inbox", "keep_for_import"]

ATTEMPTS = 10
"""Times that an upload is prepared anew where others came first."""


def inbox(settings: Settings, tenant: str) -> Path:
    """Return the folder where uploads wait, each under its SHA-256."""
    return tenant_settings(settings, tenant).home / "inbox"


def keep_for_import(settings: Settings, caller: Caller, asked: UploadRequest) -> dict[str, Any]:
    """Write the rows to the inbox and return what the job is told; the same rows are the same file."""
    digest = hashlib.sha256(asked.data).hexdigest()
    path = inbox(settings, caller.tenant) / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: _fill(file, asked.data))
    words = {name: str(getattr(asked, name)) for name in ("dataset", "table", "format", "mode", "policy", "action")}
    return {**words, "rows_sha256": digest, "bytes": len(asked.data)}


def _fill(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _import(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("import", lambda: _take(run))
    return made


def _take(run: JobRun) -> dict[str, Any]:
    """Prepare the version and let it count, as the upload itself would have; a repeated step counts once."""
    asked, caller = _asked(run), Caller(run.job.tenant, run.job.actor, frozenset(), f"job {run.job.id}")
    for attempt in range(ATTEMPTS):
        run.progress(f"reading {asked.table}" + (f", attempt {attempt + 1}" if attempt else ""), 0.2)
        try:
            made = prepare(run.platform, caller, asked)
        except ApiProblem as problem:
            raise StepFailed({"code": problem.code, "message": problem.detail, "errors": []}) from None
        run.item_errors([_item(error) for error in row_errors(made.delta.rejected, asked.format)])
        try:
            return _settle(run, caller, made)
        except DatasetMoved:
            continue
        finally:
            _drop_unused(run, made)
    raise StepFailed({"code": "dataset.busy", "message": "others kept changing the dataset; ask again", "errors": []})


def _item(error: Mapping[str, Any]) -> ItemError:
    place = f"row {error['row']}" + (f", {error['column']}" if error["column"] else "")
    return ItemError(place, error["code"], error["message"])


def _asked(run: JobRun) -> UploadRequest:
    told = run.request
    path = inbox(run.platform.settings, run.job.tenant) / str(told["rows_sha256"])
    try:
        data = path.read_bytes()
    except OSError:
        raise StepFailed(
            {"code": "storage", "message": "the uploaded rows are not on this machine; upload them again", "errors": []}
        ) from None
    return UploadRequest(
        str(told["dataset"]),
        str(told["table"]),
        UploadFormat(told["format"]),
        data,
        Mode(told["mode"]),
        Policy(told["policy"]),
        Action(told["action"]),
    )


def _settle(run: JobRun, caller: Caller, made: Prepared) -> dict[str, Any]:
    """Return the upload's answer; raises StepFailed where it is refused, DatasetMoved where another one came first."""
    refused = made.asked.mode is Mode.WRITE and made.refused
    with run.database.transaction() as connection:
        if made.asked.mode is Mode.VALIDATE or refused:
            body = outcome(made) | ({"status": "refused"} if refused else {})
            keep_upload(connection, caller, made, body)
            answer = body
        else:
            answer = write_once(
                connection, run.job.id, "commit", lambda c: commit(run.platform, caller, made, c).body, run.clock()
            )
    if refused:
        raise StepFailed({"code": "data.invalid", "message": refusal(made).detail, "errors": []})
    kept: dict[str, Any] = {name: value for name, value in answer.items() if name not in ("results", "errors")}
    return kept


def _drop_unused(run: JobRun, made: Prepared) -> None:
    """Remove the version that was written, unless it counts now."""
    if made.folder is None:
        return
    with run.database.reading() as connection:
        if is_named(connection, run.job.tenant, made.asked.dataset, made.folder):
            return
    store_of(run.platform, run.job.tenant, made.asked.dataset).drop(made.folder)


IMPORT = JobKind("import", Scope.DATA_WRITE, _import)
"""Asked for by POST /v1/datasets/{dataset}/tables/{table} with Prefer: respond-async."""

"""The kind `report`: an import that takes longer than a request; the report waits in a file of the tenant."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.settings import Settings
from serving.access import Caller, Scope
from serving.demand.datasets import forget_old_versions, is_named, store_of
from serving.demand.uploads import DatasetMoved, Mode
from serving.files import write_atomically
from serving.imports.committing import commit_import, keep_import, outcome_of_import, refusal_of_import
from serving.imports.import_request import ImportRequest, ImportWords
from serving.imports.preparing import PreparedImport, prepare_import
from serving.jobs.import_job import inbox
from serving.jobs.job import ItemError
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun, StepFailed, write_once

__all__ = ["REPORT", "drop_unused", "keep_for_report"]

ATTEMPTS = 10
"""Times that an import is prepared anew where others came first."""
SHOWN = ("import_id", "kind", "dataset", "status", "version", "rows", "skipped", "movements", "error_file", "warnings")


def keep_for_report(settings: Settings, caller: Caller, asked: ImportRequest) -> dict[str, Any]:
    """Write the report to the inbox and return what the job is told; raises UsageError for words that make no sense."""
    asked.check()
    digest = hashlib.sha256(asked.data).hexdigest()
    path = inbox(settings, caller.tenant) / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: _fill(file, asked.data))
    return {**asked.words.told(), "sha256": digest, "bytes": len(asked.data)}


def drop_unused(platform: Any, tenant: str, made: PreparedImport) -> None:
    """Remove the version of the dataset that was written, unless it counts now."""
    dataset = made.asked.words.dataset
    if made.folder is None:
        return
    with platform.database.reading() as connection:
        if is_named(connection, tenant, dataset, made.folder):
            return
    store_of(platform, tenant, dataset).drop(made.folder)


def _fill(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _report(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("import", lambda: _take(run))
    return made


def _take(run: JobRun) -> dict[str, Any]:
    """Prepare the import and let it count; a repeated step counts once."""
    asked, caller = _asked(run), Caller(run.job.tenant, run.job.actor, frozenset(), f"job {run.job.id}")
    for attempt in range(ATTEMPTS):
        run.progress(f"reading {asked.words.kind}" + (f", attempt {attempt + 1}" if attempt else ""), 0.2)
        made = prepare_import(run.platform, caller, asked)
        run.item_errors([_item(row) for row in made.refused.head(1_000).itertuples(index=False)])
        try:
            return _settle(run, caller, made)
        except DatasetMoved:
            continue
        finally:
            drop_unused(run.platform, run.job.tenant, made)
    raise StepFailed({"code": "dataset.busy", "message": "others kept changing the dataset; ask again", "errors": []})


def _item(row: Any) -> ItemError:
    column = f", {row.column}" if isinstance(row.column, str) else ""
    return ItemError(f"row {row.row}{column}", "data.invalid", f"{row.rule}; {row.remedy}")


def _asked(run: JobRun) -> ImportRequest:
    path = inbox(run.platform.settings, run.job.tenant) / str(run.request["sha256"])
    try:
        return ImportRequest(ImportWords.of(run.request), path.read_bytes())
    except OSError:
        message = "the report is not on this machine; send it again"
        raise StepFailed({"code": "storage", "message": message, "errors": []}) from None


def _settle(run: JobRun, caller: Caller, made: PreparedImport) -> dict[str, Any]:
    """Return the import's answer; raises StepFailed where it is refused, DatasetMoved where another came first."""
    refused = made.asked.words.mode is Mode.WRITE and made.is_refused
    with run.database.transaction() as connection:
        if made.asked.words.mode is Mode.VALIDATE or refused:
            answer = outcome_of_import(caller, made) | ({"status": "refused"} if refused else {})
            keep_import(connection, caller, made, answer)
        else:
            answer = write_once(
                connection,
                run.job.id,
                "commit",
                lambda again: commit_import(run.platform, caller, made, again).body,
                run.clock(),
            )
    if refused:
        raise StepFailed({"code": "data.invalid", "message": refusal_of_import(made).detail, "errors": []})
    if made.number is not None:
        forget_old_versions(run.platform, run.job.tenant, made.asked.words.dataset)
    return {**{name: answer[name] for name in SHOWN}, "import": f"/v1/imports/{answer['import_id']}"}


REPORT = JobKind("report", Scope.DATA_WRITE, _report)
"""Asked for by POST /v1/imports with Prefer: respond-async, or with a report of more than a megabyte."""

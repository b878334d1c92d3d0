"""A prepared import takes effect: a version of the dataset, movements of the ledger, files, its record; or not."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from core.settings import Settings
from inventory.delta import CREATED, UNCHANGED, UPDATED
from inventory.folder_writing import write_folder
from inventory.ledger.book import Recorded
from inventory.ledger.book import record as record_movements
from inventory.ledger.movement import Bucket, Movement, MovementKind
from inventory.schema import TABLES
from serving import audit
from serving.access import Caller
from serving.access.tenants import tenant_settings
from serving.demand.dataset_views import shown_moment
from serving.demand.datasets import add_version, dataset_state
from serving.demand.row_errors import SHOWN_ERRORS, error_file_text
from serving.demand.uploads import DatasetMoved
from serving.imports.import_tables import IMPORTS
from serving.imports.preparing import PreparedImport
from serving.once import Answer
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = [
    "commit_import",
    "import_folder",
    "keep_import",
    "movements_of",
    "outcome_of_import",
    "refusal_of_import",
    "told_before",
]

TOOK_EFFECT = ("accepted", "partially_accepted")


def import_folder(settings: Settings, tenant: str, import_id: str) -> Path:
    """Return where the tables of an import are that are none of the dataset's contract."""
    return tenant_settings(settings, tenant).home / "imports" / import_id


def told_before(connection: sa.Connection, tenant: str, fingerprint: str) -> dict[str, Any] | None:
    """Return the answer to the same import that took effect before, None where there was none."""
    table = IMPORTS.c
    mine = (table.tenant == tenant) & (table.fingerprint == fingerprint) & table.status.in_(TOOK_EFFECT)
    query = sa.select(IMPORTS.c.answer).where(mine).order_by(table.created_at.desc()).limit(1)
    found: dict[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return found


def commit_import(platform: Platform, caller: Caller, made: PreparedImport, connection: sa.Connection) -> Answer:
    """Let a prepared import count, in the caller's transaction, and return the answer.

    The same import as one that counts already changes nothing and gets that one's answer. Raises DatasetMoved where
    another change came first, StockError where movements would take more units than there are.
    """
    words = made.asked.words
    state = dataset_state(platform, connection, caller.tenant, words.dataset, lock=True)
    before = told_before(connection, caller.tenant, made.asked.fingerprint)
    if before is not None:
        return Answer(200, before, {"Location": f"/v1/imports/{before['import_id']}"})
    if (None if state is None else state.version) != made.base:
        raise DatasetMoved
    version = made.base or 0
    if made.number is not None and made.folder is not None:
        facts = (made.number, made.folder, made.model_name, made.rows, made.now, made.import_id)
        try:
            add_version(connection, caller, words.dataset, *facts)
        except sa.exc.IntegrityError as error:
            raise DatasetMoved from error
        version = made.number
    recorded = _record(connection, caller, made)
    status = "partially_accepted" if len(made.refused) else "accepted"
    body = _body(caller, made, status, version, recorded)
    _write_files(platform, caller, made)
    keep_import(connection, caller, made, body)
    told = {"kind": words.kind, "dataset": words.dataset, "version": version}
    audit.record(connection, caller, "import.accept", f"/v1/imports/{made.import_id}", told, made.now)
    return Answer(207 if len(made.refused) else 201, body, {"Location": f"/v1/imports/{made.import_id}"})


def outcome_of_import(caller: Caller, made: PreparedImport) -> dict[str, Any]:
    """Return the answer to an import that took no effect: validated, or refused."""
    status = "valid" if not len(made.refused) else "invalid" if made.is_refused else "partially_valid"
    return _body(caller, made, status, made.base or 0, None)


def refusal_of_import(made: PreparedImport) -> ApiProblem:
    """Return the problem that says which rows are wrong, that nothing was written, and where all errors are."""
    errors, count = _errors(made), len(made.refused)
    place = f"/v1/imports/{made.import_id}/errors"
    return ApiProblem(
        "data.invalid",
        f"{count:,} {'row is' if count == 1 else 'rows are'} refused; nothing was imported. First: "
        f"{errors[0]['message']} All of them, as CSV: GET {place}; policy=best-effort leaves them out.",
        errors,
        {"Link": f'<{place}>; rel="describedby"'},
    )


def keep_import(connection: sa.Connection, caller: Caller, made: PreparedImport, body: Mapping[str, Any]) -> None:
    """Keep what came of an import, and its error file."""
    row = {
        "tenant": caller.tenant,
        "import_id": made.import_id,
        "dataset": made.asked.words.dataset,
        "kind": made.asked.words.kind,
        "status": body["status"],
        "fingerprint": made.asked.fingerprint,
        "answer": dict(body),
        "error_file": error_file_text(made.refused) if len(made.refused) else "",
        "actor": caller.actor,
        "created_at": made.now,
    }
    connection.execute(IMPORTS.insert().values(row))


def _record(connection: sa.Connection, caller: Caller, made: PreparedImport) -> Recorded | None:
    table = made.imported.tables.get("movements")
    if table is None:
        return None
    return record_movements(connection, caller.tenant, movements_of(table), made.now)


def movements_of(table: pd.DataFrame) -> list[Movement]:
    """Return the rows of an import's table `movements` as movements of the ledger."""
    return [
        Movement(
            sku=row["sku"],
            location=row["location"],
            date=date.fromisoformat(row["date"]),
            kind=MovementKind(row["kind"]),
            units=int(row["units"]),
            origin=row["origin"],
            reference=row["reference"],
            leaves=Bucket(row["leaves"]),
            enters=Bucket(row["enters"]),
            reason=row["reason"] or None,
        )
        for row in table.to_dict("records")
    ]


def _write_files(platform: Platform, caller: Caller, made: PreparedImport) -> None:
    """Write the tables that are none of the contract, and the report's rows; a transaction that fails leaves files that
    nothing names.
    """
    files = {f"{name}.csv": _csv(table) for name, table in _beside(made).items()}
    if files:
        folder = import_folder(platform.settings, caller.tenant, made.import_id)
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_folder(folder, files, overwrite=True)


def _beside(made: PreparedImport) -> dict[str, pd.DataFrame]:
    tables = {name: table for name, table in made.imported.tables.items() if name not in TABLES}
    return tables | ({"report": made.imported.rows} if len(made.imported.rows) else {})


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def _body(caller: Caller, made: PreparedImport, status: str, version: int, recorded: Recorded | None) -> dict[str, Any]:
    words, account = made.asked.words, made.imported.account
    kept = status in TOOK_EFFECT
    bad = len(made.refused) > 0
    (facts,) = account.files
    return {
        "import_id": made.import_id,
        "kind": words.kind,
        "report": account.report,
        "dataset": words.dataset,
        "mode": str(words.mode),
        "policy": str(words.policy),
        "status": status,
        "version": version,
        "file": {"name": words.file, "sha256": facts.sha256, "bytes": facts.bytes, "encoding": facts.encoding},
        "rows": {
            "read": account.rows_read,
            "kept": account.rows_kept,
            "skipped": sum(account.rows_skipped.values()),
            "refused": account.rows_refused,
        },
        "skipped": dict(account.rows_skipped),
        "columns": dict(account.columns),
        "unknown_columns": list(account.unknown_columns),
        "missing_columns": list(account.missing_columns),
        "tables": [*_merged_tables(made), *_file_tables(made, kept)],
        "movements": None if recorded is None else {"new": recorded.new, "repeated": recorded.repeated},
        "first_date": account.first_date or None,
        "last_date": account.last_date or None,
        "errors": _errors(made),
        "error_file": f"/v1/imports/{made.import_id}/errors" if bad else None,
        "warnings": list(account.warnings),
        "actor": caller.actor,
        "created_at": shown_moment(made.now),
    }


def _merged_tables(made: PreparedImport) -> Sequence[dict[str, Any]]:
    return [
        {
            "table": name,
            "rows": len(made.imported.tables[name]),
            "goes_to": "dataset",
            **{status: merged.count(status) for status in (CREATED, UPDATED, UNCHANGED)},
            "href": f"/v1/datasets/{made.asked.words.dataset}/tables/{name}",
        }
        for name, merged in made.merged.items()
    ]


def _file_tables(made: PreparedImport, kept: bool) -> Sequence[dict[str, Any]]:
    return [
        {
            "table": name,
            "rows": len(table),
            "goes_to": "ledger" if name == "movements" else "file",
            **dict.fromkeys((CREATED, UPDATED, UNCHANGED)),
            "href": f"/v1/imports/{made.import_id}/tables/{name}" if kept else None,
        }
        for name, table in _beside(made).items()
    ]


def _errors(made: PreparedImport) -> list[dict[str, Any]]:
    found = []
    for _, row, column, rule, remedy, value in made.refused.head(SHOWN_ERRORS).itertuples(index=False):
        named = None if pd.isna(column) else str(column)
        place = f"row {row}" + (f", {named}" if named else "")
        got = f" (got {value!r})" if isinstance(value, str) and value else ""
        found.append(
            {"row": int(row), "column": named, "code": "data.invalid", "message": f"{place}: {rule}{got}; {remedy}."}
        )
    return found

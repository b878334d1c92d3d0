"""An import, from bytes to what it would change: read, judged, merged and written beside; nothing counts yet."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.frequency import Frequency
from inventory.breach import RawTable
from inventory.configuration import read_configuration
from inventory.delta import Delta, Merged, check_delta
from inventory.imports.identity import Identity
from inventory.imports.importing import Imported, import_report
from inventory.imports.parsed_report import REFUSED_COLUMNS
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.imports.trends import check_scale
from inventory.inflate import UploadLimits
from inventory.schema import TABLES
from serving.access import Caller, tenant_settings
from serving.demand.datasets import DatasetState, check_dataset_name, dataset_state, next_version, store_of
from serving.demand.uploads import Mode, Policy, case_packs, merged_table, model_name_of, sold_dates
from serving.demand.version_store import Contents, read_stored, stored_rows
from serving.imports.home_headers import headers_at
from serving.imports.import_request import ImportRequest
from serving.platform import Platform

__all__ = ["LIMITS", "PreparedImport", "prepare_import"]

LIMITS = UploadLimits()


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """An import that was read, judged and merged and, where it is to take effect, written beside the other versions.

    refused: bad rows of the file, and rows that it made which break the data contract. merged: table → what becomes of
    it. base: the version that they were merged with (None: no dataset yet); number, folder: of the version written.
    """

    import_id: str
    asked: ImportRequest
    imported: Imported
    refused: pd.DataFrame
    merged: Mapping[str, Merged]
    base: int | None
    model_name: str
    now: datetime
    number: int | None = None
    folder: str | None = None
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it may take effect."""
        return len(self.refused) > 0 and (
            self.asked.words.policy is Policy.ATOMIC or not self.imported.account.rows_kept
        )


def prepare_import(platform: Platform, caller: Caller, asked: ImportRequest) -> PreparedImport:
    """Read, judge and merge an import, and write the version of the dataset that it makes.

    Raises UsageError for words that cannot be read, DataError for what is wrong with the whole file,
    UploadTooLargeError, StorageError.
    """
    asked.check()
    words, now = asked.words, platform.clock()
    with platform.database.reading() as connection:
        state = dataset_state(platform, connection, caller.tenant, check_dataset_name(words.dataset))
        number = next_version(connection, caller.tenant, words.dataset)
    folder = None if state is None else state.folder
    settings, frequency = _settings(asked, folder)
    own = headers_at(tenant_settings(platform.settings, caller.tenant).home, words.kind)
    settings = replace(settings, headers=own)
    identity, source = _identity(folder), Source(words.file, asked.data)
    made = import_report(words.kind, [source], settings, identity=identity, mapping=asked.mapping(), limits=LIMITS)
    deltas = {name: _judged(name, table, folder, frequency) for name, table in made.tables.items() if name in TABLES}
    merged = {name: _merged(state, delta, now, made, settings) for name, delta in deltas.items()}
    refused = pd.concat([made.refused, *(_broken(name, delta, words.file) for name, delta in deltas.items())])
    base = None if state is None else state.version
    model = state.model_name if state else model_name_of(platform, caller, words.dataset)
    done = PreparedImport(uuid.uuid4().hex, asked, made, refused, merged, base, model, now)
    changed = {name: table for name, table in merged.items() if table.changed}
    if words.mode is Mode.VALIDATE or done.is_refused or not changed:
        return done
    written = store_of(platform, caller.tenant, words.dataset).write(number, folder, Contents(changed), model)
    rows = {**stored_rows(folder), **{name: len(table.frame) for name, table in changed.items()}}
    return PreparedImport(
        done.import_id, asked, made, refused, merged, base, model, now, number=number, folder=written, rows=rows
    )


def _settings(asked: ImportRequest, folder: Path | None) -> tuple[ImportSettings, Frequency | None]:
    """Return the import's settings and the frequency that the dataset names, if it names one."""
    if folder is None:
        return asked.settings("UTC", Frequency.DAILY), None
    config, named = read_configuration(folder)
    frequency = config.frequency if named else None
    return asked.settings(config.time_zone, frequency or Frequency.DAILY), frequency


def _identity(folder: Path | None) -> Identity:
    products = read_stored(folder, "products")
    if products is None:
        return Identity()
    names = ("sku", "fnsku", "asin")
    columns = [products[name].fillna("") if name in products else [""] * len(products) for name in names]
    return Identity.of(zip(*columns, strict=True))


def _judged(name: str, table: pd.DataFrame, folder: Path | None, frequency: Frequency | None) -> Delta:
    cells = {column: pa.chunked_array([list(table[column])], pa.string()) for column in table}
    raw = RawTable(name, name, cells, np.arange(1, len(table) + 1, dtype=np.int64))
    return check_delta(raw, frequency, sold_dates(folder), LIMITS, lambda: case_packs(folder))


def _merged(
    state: DatasetState | None, delta: Delta, now: datetime, made: Imported, settings: ImportSettings
) -> Merged:
    """Return the merged table; raises UsageError where a Trends series is there on another scale."""
    if delta.table.name != "signals" or made.account.kind != "google-trends":
        return merged_table(state, delta, now)
    fresh = made.tables["signals"]
    if settings.replace_series:
        series = set(zip(fresh["name"], fresh["keyword"], strict=True))
        return merged_table(state, delta, now, without=lambda stored: _of_series(stored, series))
    stored = read_stored(None if state is None else state.folder, "signals")
    if stored is not None:
        words = stored[["name", "keyword", "value"]].astype(object)
        check_scale(words.assign(date=stored["date"].dt.strftime("%Y-%m-%d"), value=stored["value"].map(str)), fresh)
    return merged_table(state, delta, now)


def _of_series(stored: pd.DataFrame, series: set[Any]) -> npt.NDArray[np.bool_]:
    return np.array([pair in series for pair in zip(stored["name"], stored["keyword"], strict=True)], dtype=bool)


def _broken(name: str, delta: Delta, file: str) -> pd.DataFrame:
    """Return the rows of a made table that break the contract, as refused rows: the table's row, `table.column`."""
    table = delta.rejected.assign(file=file)
    table["column"] = [name if pd.isna(column) else f"{name}.{column}" for column in table["column"]]
    return table[list(REFUSED_COLUMNS)]

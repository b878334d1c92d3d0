"""An import into a folder of tables: rows with a key that is there are changed, others added, all files or none."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from inventory.cells import as_text
from inventory.folder_writing import write_folder
from inventory.imports.fact_tables import FACT_TABLES, table_key
from inventory.imports.identity import Identity
from inventory.imports.importing import Imported
from inventory.imports.settings import ImportSettings
from inventory.imports.trends import check_scale
from inventory.reading import find_files, read_cells

__all__ = ["folder_identity", "merge_into_folder", "merged_rows"]

DEFAULTS = {"location": "main"}
TRENDS = "search_interest_"


def folder_identity(out: Path) -> Identity:
    """Return which sku a marketplace's code is, as the products in a folder tell."""
    products = _stored(out, "products")
    if products is None:
        return Identity()
    columns = [list(products[name]) if name in products else [""] * len(products) for name in ("sku", "fnsku", "asin")]
    return Identity.of(zip(*columns, strict=True))


def merge_into_folder(
    imported: Imported,
    out: Path,
    settings: ImportSettings,
    replace: bool = False,
    beside: Mapping[str, bytes] | None = None,
) -> dict[str, int]:
    """Write an import's tables into `out` and return the rows that each has now.

    A table that is there is merged by natural key: a row that is there takes the import's filled cells. replace: the
    import's rows are the whole table. Beside them `reports/KIND-DIGEST.csv` has the report's rows with all their
    columns, and `….json` the account; `beside` are further files. The same import twice leaves the same files. Raises
    UsageError where a Trends series is there on another scale, StorageError.
    """
    files: dict[str, bytes] = {}
    rows: dict[str, int] = {}
    for name, table in imported.tables.items():
        stored = None if replace else _stored(out, name)
        if stored is not None and name == "signals" and imported.account.kind == "google-trends":
            stored = _series_apart(stored, table, settings)
        merged = table if stored is None else merged_rows(table_key(name), stored, table)
        rows[name] = len(merged)
        files[f"{name}.csv"] = _csv(merged)
    stem = f"reports/{imported.account.kind}-{_digest(imported)}"
    if len(imported.rows):
        files[f"{stem}.csv"] = _csv(imported.rows)
    files[f"{stem}.json"] = imported.account.as_json().encode()
    files |= beside or {}
    write_folder(out, files, overwrite=True)
    return rows


def merged_rows(key: Sequence[str], stored: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of two tables of texts, one a key: stored ones in order, changed in place, then new ones."""
    columns = list(dict.fromkeys([*stored, *fresh]))
    old, new = (_whole(table, columns, key) for table in (stored, fresh))
    names = [name for name in key if name in columns]
    old_keys = pd.Index(list(zip(*(old[name] for name in names), strict=True)), tupleize_cols=False)
    new_keys = pd.Index(list(zip(*(new[name] for name in names), strict=True)), tupleize_cols=False)
    if not old_keys.is_unique:  # a table of the user's own: rows without an order number may be the same
        old, old_keys = old[~old_keys.isin(new_keys)].reset_index(drop=True), old_keys[:0]
        return pd.concat([old, new], ignore_index=True)
    places = old_keys.get_indexer(new_keys)
    known = places >= 0
    for name in columns:
        cells = new[name].to_numpy()
        filled = known & (cells != "")
        column = old[name].to_numpy().copy()
        column[places[filled]] = cells[filled]
        old[name] = column
    return pd.concat([old, new[~known]], ignore_index=True)


def _whole(table: pd.DataFrame, columns: Sequence[str], key: Sequence[str]) -> pd.DataFrame:
    whole = pd.DataFrame({name: table.get(name, "") for name in columns}, dtype=object)
    for name, default in DEFAULTS.items():
        if name in key and name in whole:
            whole[name] = whole[name].where(whole[name] != "", default)
    return whole.reset_index(drop=True)


def _series_apart(stored: pd.DataFrame, fresh: pd.DataFrame, settings: ImportSettings) -> pd.DataFrame:
    """Return the stored signals without the series that are to be replaced; raises UsageError where scales differ."""
    if not settings.replace_series:
        check_scale(stored, fresh)
        return stored
    if "keyword" not in stored:
        return stored
    series = set(zip(fresh["name"], fresh["keyword"], strict=True))
    there = [pair in series for pair in zip(stored["name"], stored["keyword"], strict=True)]
    return stored[[not replaced for replaced in there]].reset_index(drop=True)


def _stored(out: Path, name: str) -> pd.DataFrame | None:
    """Return a table that is in the folder as texts; None where there is none."""
    if not out.is_dir():
        return None
    path: Path | None = find_files(out)[0].get(name)
    if path is None and name in FACT_TABLES and (out / f"{name}.csv").is_file():
        path = out / f"{name}.csv"
    if path is None:
        return None
    raw = read_cells(name, path, table_key(name))
    return pd.DataFrame({column: as_text(cells).to_pylist() for column, cells in raw.cells.items()}, dtype=object)


def _digest(imported: Imported) -> str:
    return "-".join(sorted(facts.sha256[:12] for facts in imported.account.files))[:80]


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()

"""Files that we write: whole or not at all, in the format that the suffix names."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StorageError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUFFIXES", "check_destination", "check_file", "check_page", "write_atomically", "write_table"]

SUFFIXES = (".csv", ".parquet", ".json")


def check_destination(path: Path, option: str) -> Path:
    """Return `path` if a table can be written there; raises UsageError (suffix, folder) or StorageError (rights) that
    name the option.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{option} {path}: the format {path.suffix!r} is not known; end the name in {', '.join(SUFFIXES)}"
        )
    return check_file(path, option)


def check_page(path: Path) -> Path:
    """Return `path` if an HTML page can be written there; raises as `check_destination` does."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--report {path}: the page is HTML; end the name in .html")
    return check_file(path, "--report")


def check_file(path: Path, option: str) -> Path:
    """Return `path` if a file can be written there; raises UsageError or StorageError that names the option."""
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path}: the folder {path.parent} does not exist; create it first")
    if not os.access(path.parent, os.W_OK):
        raise StorageError(f"{option} {path}: the folder {path.parent} is not writable; choose another one")
    return path


def write_table(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table as csv, parquet, json (records) or ndjson (a record a line), the same bytes for the same table.

    Dates are ISO dates, floats have the shortest digits that give the same number back. Raises StorageError.
    """
    writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {
        ".csv": _write_csv,
        ".parquet": _write_parquet,
        ".json": _write_json,
        ".ndjson": _write_ndjson,
    }
    write_atomically(path, lambda temporary: writers[path.suffix.lower()](frame, temporary))


def write_atomically(path: Path, write: Callable[[Path], None], private: bool = False) -> None:
    """Let `write` fill a file beside `path`, then put it in place: a reader sees the old file or the new one.

    private: readable by its owner only. Raises StorageError when the disk is full or refuses; the half-written file is
    removed.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        _flush(temporary)
        if not private:  # how mkstemp makes it
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; free space or choose another --out"
        ) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _with_text_dates(frame: "pd.DataFrame") -> "pd.DataFrame":
    dates = frame.select_dtypes("datetime").columns
    return frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in dates})


def _write_csv(frame: "pd.DataFrame", path: Path) -> None:
    _with_text_dates(frame).to_csv(path, index=False, lineterminator="\n")


def _write_json(frame: "pd.DataFrame", path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for place, record in enumerate(_records(frame)):
            file.write(("[" if place == 0 else ",\n") + record)
        file.write("]\n" if len(frame) else "[]\n")


def _write_ndjson(frame: "pd.DataFrame", path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(record + "\n" for record in _records(frame))


def _records(frame: "pd.DataFrame") -> Iterator[str]:
    dated = _with_text_dates(frame)
    columns = [dated[name].astype(object).where(dated[name].notna(), None).tolist() for name in dated]
    names = list(dated)
    for values in zip(*columns, strict=True):
        yield json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False, allow_nan=False)


def _write_parquet(frame: "pd.DataFrame", path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pyarrow.parquet.write_table(table, path, compression="zstd")

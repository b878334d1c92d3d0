"""The adapter of channels without an API: a file that they, or a person, take up (H04)."""

import csv
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import DataError, Issue, StorageError
from inventory.hub.channels import Channel
from inventory.hub.delivery import Update

__all__ = ["FileAdapter"]

COLUMNS = ["external_id", "sku", "units", "number"]


class FileAdapter:
    """Keeps `<folder>/<channel>.csv`: one row a listing with the newest number that was told.

    The file is replaced whole, so that a reader never sees half of it; an older number never overwrites a newer one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, channel: Channel, updates: Sequence[Update]) -> Mapping[str, str | None]:
        """Write the updates into the file; raises StorageError where it cannot be written."""
        rows = self._read(channel)
        for update in updates:
            kept = rows.get(update.external_id)
            if kept is None or int(kept["number"]) < update.number:
                row = (update.external_id, update.sku, str(update.units), str(update.number))
                rows[update.external_id] = dict(zip(COLUMNS, row, strict=True))
        self._write(channel, rows)
        return {update.sku: None for update in updates}

    def shown(self, channel: Channel) -> Mapping[str, int]:
        """Return what the file says; raises DataError for a file that somebody broke."""
        return {name: int(row["units"]) for name, row in self._read(channel).items()}

    def _read(self, channel: Channel) -> dict[str, dict[str, str]]:
        path = self._path(channel)
        if not path.exists():
            return {}
        rows: dict[str, dict[str, str]] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                if (
                    None in row.values()
                    or not row.get("units", "").isdecimal()
                    or not row.get("number", "").isdecimal()
                ):
                    rule, remedy = "is no row of a channel file", f"give {', '.join(COLUMNS)}, or delete the file"
                    raise DataError([Issue(path.name, rule, remedy, number)])
                rows[row["external_id"]] = row
        return rows

    def _write(self, channel: Channel, rows: Mapping[str, Mapping[str, str]]) -> None:
        path = self._path(channel)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(rows[name] for name in sorted(rows))
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written: {error.strerror}; free space or name another folder"
            ) from error

    def _path(self, channel: Channel) -> Path:
        return self.folder / f"{channel.channel}.csv"

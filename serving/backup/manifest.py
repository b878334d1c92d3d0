"""What an archive says about itself: which Fillrate made it, at which revision, and the checksum of each file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from core.errors import StorageError

__all__ = ["DATABASE", "HOME", "MANIFEST", "Manifest", "SavedFile"]

MANIFEST = "manifest.json"
DATABASE = "database"
"""The member that holds the service's own database: a SQLite file or what pg_dump wrote."""
HOME = "home"
"""Folder of the members that are files of FILLRATE_HOME."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One file of the home: its path in it, bytes, SHA-256, and the member that holds its contents.

    Files that are hard links of one another (tables that two versions of a dataset share) have one member.
    """

    path: str
    bytes: int
    sha256: str
    member: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    revision: of the database's tables. database: `sqlite` or `postgresql`. home: where the files were, for addresses
    that name it. saved_at: ISO 8601, UTC. files: the database first.
    """

    version: str
    revision: str
    database: str
    home: str
    saved_at: str
    files: tuple[SavedFile, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files as they will lie on the disk, at most."""
        return sum(item.bytes for item in self.files)

    def to_json(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the manifest that the text states.

        Raises StorageError for one that is none, of a later format, or names a file outside the folder.
        """
        try:
            facts = json.loads(text)
            if facts["format"] > FORMAT:
                raise StorageError("the archive was made by a newer Fillrate; install that one to restore it")
            files = tuple(_file(item) for item in facts["files"])
            words = {name: str(facts[name]) for name in ("version", "revision", "database", "home", "saved_at")}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(
                f"the archive's manifest cannot be read ({type(error).__name__}); take another backup"
            ) from None
        paths = [item.path for item in files]
        if len(set(paths)) != len(paths) or paths[:1] != [DATABASE]:
            raise StorageError("the archive's manifest names a file twice, or no database; take another backup")
        return cls(**words, files=files)


def _file(facts: Mapping[str, Any]) -> SavedFile:
    made = SavedFile(str(facts["path"]), int(facts["bytes"]), str(facts["sha256"]), str(facts["member"]))
    for name in (made.path, made.member):
        if not _is_inside(name):
            raise StorageError(f"the archive names {name!r}, which is outside the folder; it is not one of ours")
    if made.bytes < 0:
        raise ValueError("a size below zero")
    return made


def _is_inside(name: str) -> bool:
    """Whether a name stays in the folder that it is put into, on every system."""
    place = PurePosixPath(name)
    plain = name == str(place) and name not in ("", ".") and not place.is_absolute()
    return plain and ".." not in place.parts and not any(letter in name for letter in "\\:\0")

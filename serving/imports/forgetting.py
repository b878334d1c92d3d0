"""Old files of imports: tables beside the contract and reports' rows go after a while, what was answered stays."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from serving.imports.import_tables import IMPORTS
from serving.platform import Platform

__all__ = ["KEPT", "forget_imports"]

KEPT = timedelta(days=90)
"""How long the files of an import are kept. The same report can be sent again: what it told counts once."""
UNNAMED = timedelta(days=1)
"""How old a folder must be that no import names: its transaction failed, or has not ended yet."""


def forget_imports(platform: Platform) -> int:
    """Remove the files of imports older than KEPT, and those that no import names; return how many folders went."""
    now, gone = platform.clock(), 0
    folders = list(_folders(platform.settings.home))
    with platform.database.reading() as connection:
        for folder in folders:
            made = connection.scalar(sa.select(IMPORTS.c.created_at).where(IMPORTS.c.import_id == folder.name))
            old = made < now - KEPT if made else folder.stat().st_mtime < (now - UNNAMED).timestamp()
            if old:
                shutil.rmtree(folder, ignore_errors=True)
                gone += 1
    return gone


def _folders(home: Path) -> Iterator[Path]:
    """Yield the folders of imports of all tenants."""
    for path in sorted((*home.glob("imports/*"), *home.glob("tenants/*/imports/*"))):
        if path.is_dir():
            yield path

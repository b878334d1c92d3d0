"""The seller's own spellings of headers, from the home folder of a tenant or of the command line."""

from pathlib import Path

from core.errors import StorageError
from inventory.imports.layout import layout_names
from inventory.imports.own_headers import HEADERS_FILE, OwnHeaders, read_own_headers

__all__ = ["headers_at"]


def headers_at(home: Path, kind: str) -> OwnHeaders:
    """Return what `headers.toml` of a home adds to a kind's headers; raises ConfigurationError, StorageError."""
    path = home / HEADERS_FILE
    if kind not in layout_names() or not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path.name} in the home folder cannot be read ({error}); save it as UTF-8") from None
    return read_own_headers(text, kind)

"""Spellings of headers that a seller adds: reports in another language are read by the names they have there.

`headers.toml` in the home folder has a table a kind, and in it lists of headers by field:

    [all-orders]
    sku = ["Händler-SKU", "SKU vendeur"]
    date = ["Bestelldatum"]
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace

from core.errors import ConfigurationError
from inventory.imports.layout import Layout, layout_names, load_layout

__all__ = ["HEADERS_FILE", "OwnHeaders", "read_own_headers", "with_own_headers"]

HEADERS_FILE = "headers.toml"
OwnHeaders = Mapping[str, tuple[str, ...]]
"""Field → headers."""


def read_own_headers(text: str, kind: str) -> OwnHeaders:
    """Return the headers that a file adds to the layout of `kind`; none where it says nothing of it.

    Raises ConfigurationError, naming kind and field, where the file is no TOML or names what no layout has.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{HEADERS_FILE} is no TOML: {error}; write [kind] and field = [headers]") from None
    for name, fields in told.items():
        if name not in layout_names() or not isinstance(fields, dict):
            raise ConfigurationError(f"{HEADERS_FILE}: [{name}] is no kind of report; see fillrate import --list")
        known = {field.name for field in load_layout(name).fields}
        for field, headers in fields.items():
            if field not in known:
                raise ConfigurationError(
                    f"{HEADERS_FILE}: {field!r} is no field of {name}; there are {', '.join(sorted(known))}"
                )
            if not isinstance(headers, list) or not all(isinstance(header, str) and header for header in headers):
                raise ConfigurationError(f'{HEADERS_FILE}: {name}.{field} is no list of headers; write ["…", "…"]')
    return {field: tuple(headers) for field, headers in told.get(kind, {}).items()}


def with_own_headers(layout: Layout, own: OwnHeaders) -> Layout:
    """Return the layout in which each field also has the own headers, after the published ones."""
    fields = [replace(field, headers=(*field.headers, *own.get(field.name, ()))) for field in layout.fields]
    return replace(layout, fields=tuple(fields))

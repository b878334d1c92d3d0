"""A tenant's own rules as the text of a rules file, to be read and edited by people."""

from collections.abc import Mapping
from typing import Any

from inventory.configuration import toml_value

__all__ = ["rules_text"]


def rules_text(own: Mapping[str, Any]) -> str:
    """Return the document of PUT /v1/alert-rules as TOML: a table a change, then a table a rule.

    >>> print(rules_text({"change": {"cover-7-days": {"enabled": True}}}), end="")
    [change.cover-7-days]
    enabled = true
    """
    tables = [(f"[change.{name}]", table) for name, table in own.get("change", {}).items()]
    tables += [("[[rule]]", table) for table in own.get("rule", [])]
    return "\n".join("\n".join([head, *_lines(table)]) + "\n" for head, table in tables)


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in table.items()]

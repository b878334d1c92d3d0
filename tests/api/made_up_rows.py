"""A row of one tenant in every table there is, so that the tests over all routes have something to find or to break.

Rows are made from the tables' own columns: an area that adds a table is covered without a line here.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.database import METADATA, DecimalText, JsonText, Moment
from tests.services import NOON

__all__ = ["IDENTITY", "MARK", "NUMBER", "fill_every_table", "tenant_tables"]

MARK = "ACME-ONLY"
"""Stands in every text that identifies nothing: no other tenant may ever read it."""
IDENTITY = "acce55ed" * 3
"""Stands in every text that identifies something: a path may lead to it, an answer may name it only where asked.
It looks like a digest, because some paths want one."""
NUMBER = 424_242


def tenant_tables() -> Iterator[sa.Table]:
    """Yield the tables whose rows belong to tenants."""
    yield from (table for table in METADATA.sorted_tables if "tenant" in table.c)


def fill_every_table(connection: sa.Connection, tenant: str) -> None:
    """Add a row of the tenant to every table; foreign keys lead to each other because all identities are the same."""
    for table in METADATA.sorted_tables:
        row = {column.name: _value(table, column, tenant) for column in table.c}
        connection.execute(table.insert().values(row))


def _value(table: sa.Table, column: sa.Column[Any], tenant: str) -> Any:
    if column.name == "tenant":
        return tenant
    kind = column.type
    if isinstance(kind, JsonText):
        return {"mark": MARK}
    if isinstance(kind, DecimalText):
        return Decimal(1)
    if isinstance(kind, Moment):
        return NOON
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Date):
        return date(2024, 7, 29)
    if isinstance(kind, sa.Integer):
        return NUMBER if _identifies(table, column) else 1
    if isinstance(kind, sa.Float | sa.Numeric):
        return 1.0
    if isinstance(kind, sa.LargeBinary):
        return MARK.encode()
    return (IDENTITY if _identifies(table, column) else MARK)[: getattr(kind, "length", None)]


def _identifies(table: sa.Table, column: sa.Column[Any]) -> bool:
    return column.primary_key or bool(column.foreign_keys) or column.name == "id" or column.name.endswith("_id")

"""The table of imported reports (revision 0011)."""

import sqlalchemy as sa

from core.database import METADATA, JsonText, Moment

__all__ = ["IMPORTS"]

IMPORTS = sa.Table(
    "imports",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("import_id", sa.String(32), primary_key=True),
    sa.Column("dataset", sa.String(63), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("answer", JsonText, nullable=False),
    sa.Column("error_file", sa.Text, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index(None, "tenant", "created_at", "import_id"),
    sa.Index(None, "tenant", "fingerprint"),
)
"""One row an import that took effect, or whose rows were wrong; fingerprint: of its content and settings."""

"""Table of imported reports."""

import sqlalchemy as sa
from alembic import op

from core.database import JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "imports",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("import_id", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", JsonText, nullable=False),
        sa.Column("error_file", sa.Text, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "import_id", name="pk_imports"),
    )
    op.create_index("ix_imports_tenant_created_at_import_id", "imports", ["tenant", "created_at", "import_id"])
    op.create_index("ix_imports_tenant_fingerprint", "imports", ["tenant", "fingerprint"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("imports")

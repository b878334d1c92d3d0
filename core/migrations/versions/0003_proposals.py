"""Tables of plan runs, proposals and purchase-order drafts."""

import sqlalchemy as sa
from alembic import op

from core.database import DecimalText, JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_runs()
    _make_proposals()
    _make_orders()
    _make_order_parts()


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "purchase_order_files",
        "purchase_order_lines",
        "purchase_orders",
        "proposals",
        "plan_runs",
        "plan_books",
    ):
        op.drop_table(name)


def _make_runs() -> None:
    op.create_table(
        "plan_books",
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("newest_as_of", sa.Date, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", name="pk_plan_books"),
    )
    op.create_table(
        "plan_runs",
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("last_observed", sa.Date, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("model_version", sa.String(64), nullable=True),
        sa.Column("config_hash", sa.String(64), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("options", JsonText, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("summary", JsonText, nullable=False),
        sa.Column("lines", JsonText, nullable=False),
        sa.Column("withheld", JsonText, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", name="pk_plan_runs"),
    )
    op.create_index("ix_plan_runs_created", "plan_runs", ["tenant", "created_at", "run_id"], unique=False)


def _make_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("proposal_id", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("supplier", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edited", sa.Boolean, nullable=False),
        sa.Column("snoozed_until", sa.Date, nullable=True),
        sa.Column("state_reason", sa.Text, nullable=False),
        sa.Column("superseded_by", sa.String(64), nullable=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("case_pack", sa.BigInteger, nullable=False),
        sa.Column("unit_cost", DecimalText, nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("order_by", sa.Date, nullable=False),
        sa.Column("arrive_on", sa.Date, nullable=False),
        sa.Column("expected_cost", DecimalText, nullable=False),
        sa.Column("stockout_probability", sa.Float, nullable=False),
        sa.Column("cost_basis", sa.String(20), nullable=False),
        sa.Column("spend", DecimalText, nullable=False),
        sa.Column("volume", sa.Float, nullable=False),
        sa.Column("violations", JsonText, nullable=False),
        sa.Column("planned", JsonText, nullable=False),
        sa.Column("curve", JsonText, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("updated_by", sa.String(200), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_proposals_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant", "run_id"], ["plan_runs.tenant", "plan_runs.run_id"], name="fk_proposals_tenant_plan_runs"
        ),
        sa.PrimaryKeyConstraint("tenant", "proposal_id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_changed", "proposals", ["tenant", "updated_at", "proposal_id"], unique=False)
    op.create_index("ix_proposals_series", "proposals", ["tenant", "dataset", "sku", "location"], unique=False)
    op.create_index("ix_proposals_state", "proposals", ["tenant", "dataset", "state"], unique=False)


def _make_orders() -> None:
    op.create_table(
        "purchase_orders",
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("draft_id", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(200), nullable=False),
        sa.Column("supplier", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("ship_to", sa.Text, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("totals", JsonText, nullable=False),
        sa.Column("checks", JsonText, nullable=False),
        sa.Column("order_number", sa.String(200), nullable=True),
        sa.Column("state_reason", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("exported_at", Moment, nullable=True),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("updated_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "draft_id", name="pk_purchase_orders"),
        sa.UniqueConstraint("tenant", "order_number", name="uq_purchase_orders_order_number"),
    )
    op.create_index("ix_purchase_orders_changed", "purchase_orders", ["tenant", "updated_at", "draft_id"], unique=False)


def _make_order_parts() -> None:
    op.create_table(
        "purchase_order_lines",
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("draft_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("proposal_id", sa.String(64), nullable=False),
        sa.Column("held_proposal_id", sa.String(64), nullable=True),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("facts", JsonText, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_purchase_order_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant", "draft_id"],
            ["purchase_orders.tenant", "purchase_orders.draft_id"],
            name="fk_purchase_order_lines_tenant_purchase_orders",
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "proposal_id"],
            ["proposals.tenant", "proposals.proposal_id"],
            name="fk_purchase_order_lines_tenant_proposals",
        ),
        sa.PrimaryKeyConstraint("tenant", "draft_id", "position", name="pk_purchase_order_lines"),
        sa.UniqueConstraint("tenant", "held_proposal_id", name="uq_purchase_order_lines_held_proposal_id"),
    )
    op.create_table(
        "purchase_order_files",
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("draft_id", sa.String(64), nullable=False),
        sa.Column("format", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "draft_id"],
            ["purchase_orders.tenant", "purchase_orders.draft_id"],
            name="fk_purchase_order_files_tenant_purchase_orders",
        ),
        sa.PrimaryKeyConstraint("tenant", "draft_id", "format", name="pk_purchase_order_files"),
    )

"""Tables of plan runs, proposals and purchase-order drafts; every row belongs to a tenant."""

import sqlalchemy as sa

from core.database import METADATA, DecimalText, JsonText, Moment

__all__ = ["PLAN_BOOKS", "PLAN_RUNS", "PROPOSALS", "PURCHASE_ORDERS", "PURCHASE_ORDER_FILES", "PURCHASE_ORDER_LINES"]

NAME = sa.String(200)
"""Names of people, datasets and models; what the ERP names (SKUs, suppliers) may be longer."""
ID = sa.String(64)

PLAN_BOOKS = sa.Table(
    "plan_books",
    METADATA,
    sa.Column("tenant", NAME, primary_key=True),
    sa.Column("dataset", NAME, primary_key=True),
    sa.Column("newest_as_of", sa.Date, nullable=False),
    sa.Column("run_id", ID, nullable=False),
)
"""One row a dataset: the newest stored run, and the lock under which runs of a dataset are stored one by one."""

PLAN_RUNS = sa.Table(
    "plan_runs",
    METADATA,
    sa.Column("tenant", NAME, primary_key=True),
    sa.Column("run_id", ID, primary_key=True),
    sa.Column("dataset", NAME, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("last_observed", sa.Date, nullable=False),
    sa.Column("stale", sa.Boolean, nullable=False),
    sa.Column("model_name", NAME, nullable=False),
    sa.Column("model_version", ID, nullable=True),
    sa.Column("config_hash", ID, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("options", JsonText, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("summary", JsonText, nullable=False),
    sa.Column("lines", JsonText, nullable=False),
    sa.Column("withheld", JsonText, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", NAME, nullable=False),
    sa.Index("ix_plan_runs_created", "tenant", "created_at", "run_id"),
)
"""What was planned, never changed afterwards. run_id is made of the content: the same question has the same row."""

PROPOSALS = sa.Table(
    "proposals",
    METADATA,
    sa.Column("tenant", NAME, primary_key=True),
    sa.Column("proposal_id", ID, primary_key=True),
    sa.Column("dataset", NAME, nullable=False),
    sa.Column("run_id", ID, nullable=False),
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
    sa.Column("superseded_by", ID, nullable=True),
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
    sa.Column("updated_by", NAME, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "run_id"], ["plan_runs.tenant", "plan_runs.run_id"]),
    sa.CheckConstraint("quantity >= 0", name="quantity"),
    sa.Index("ix_proposals_changed", "tenant", "updated_at", "proposal_id"),
    sa.Index("ix_proposals_series", "tenant", "dataset", "sku", "location"),
    sa.Index("ix_proposals_state", "tenant", "dataset", "state"),
)
"""One order to decide about. quantity, expected_cost, stockout_probability: as they stand, edits included; planned:
what the plan said, never edited; curve: `recosting.StoredCurve`, for edits."""

PURCHASE_ORDERS = sa.Table(
    "purchase_orders",
    METADATA,
    sa.Column("tenant", NAME, primary_key=True),
    sa.Column("draft_id", ID, primary_key=True),
    sa.Column("dataset", NAME, nullable=False),
    sa.Column("supplier", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("ship_to", sa.Text, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("totals", JsonText, nullable=False),
    sa.Column("checks", JsonText, nullable=False),
    sa.Column("order_number", NAME, nullable=True),
    sa.Column("state_reason", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", NAME, nullable=False),
    sa.Column("exported_at", Moment, nullable=True),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("updated_by", NAME, nullable=False),
    sa.UniqueConstraint("tenant", "order_number", name="uq_purchase_orders_order_number"),
    sa.Index("ix_purchase_orders_changed", "tenant", "updated_at", "draft_id"),
)

PURCHASE_ORDER_LINES = sa.Table(
    "purchase_order_lines",
    METADATA,
    sa.Column("tenant", NAME, primary_key=True),
    sa.Column("draft_id", ID, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("proposal_id", ID, nullable=False),
    sa.Column("held_proposal_id", ID, nullable=True),
    sa.Column("sku", sa.Text, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("facts", JsonText, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "draft_id"], ["purchase_orders.tenant", "purchase_orders.draft_id"]),
    sa.ForeignKeyConstraint(["tenant", "proposal_id"], ["proposals.tenant", "proposals.proposal_id"]),
    sa.UniqueConstraint("tenant", "held_proposal_id", name="uq_purchase_order_lines_held_proposal_id"),
    sa.CheckConstraint("quantity > 0", name="quantity"),
)
"""held_proposal_id is the proposal while the draft holds it and NULL once the draft is cancelled: the database itself
refuses a proposal in two drafts."""

PURCHASE_ORDER_FILES = sa.Table(
    "purchase_order_files",
    METADATA,
    sa.Column("tenant", NAME, primary_key=True),
    sa.Column("draft_id", ID, primary_key=True),
    sa.Column("format", ID, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "draft_id"], ["purchase_orders.tenant", "purchase_orders.draft_id"]),
)
"""What was exported, byte for byte."""

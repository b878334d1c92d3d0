"""Tables of dataset versions, overrides, issued forecasts and scenarios."""

import sqlalchemy as sa
from alembic import op

from core.database import DecimalText, JsonText, Moment

__all__ = ["downgrade", "upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _datasets()
    _dataset_versions()
    _dataset_uploads()
    _forecast_overrides()
    _issued_forecasts()
    _issued_series()
    _scenarios()


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "scenarios",
        "issued_series",
        "issued_forecasts",
        "forecast_overrides",
        "dataset_uploads",
        "dataset_versions",
        "datasets",
    ):
        op.drop_table(name)


def _datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("base_folder", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "dataset", name="pk_datasets"),
    )


def _dataset_versions() -> None:
    op.create_table(
        "dataset_versions",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("folder", sa.String(40), nullable=False),
        sa.Column("upload_id", sa.String(32)),
        sa.Column("rows", JsonText, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("pruned_at", Moment),
        sa.PrimaryKeyConstraint("tenant", "dataset", "version", name="pk_dataset_versions"),
    )


def _dataset_uploads() -> None:
    op.create_table(
        "dataset_uploads",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("upload_id", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("table_name", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("answer", JsonText, nullable=False),
        sa.Column("error_file", sa.Text, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "upload_id", name="pk_dataset_uploads"),
    )
    op.create_index(
        "ix_dataset_uploads_tenant_dataset_created_at", "dataset_uploads", ["tenant", "dataset", "created_at"]
    )


def _forecast_overrides() -> None:
    op.create_table(
        "forecast_overrides",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("override_id", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("start", sa.Date, nullable=False),
        sa.Column("end", sa.Date, nullable=False),
        sa.Column("value", DecimalText, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("expires_at", Moment),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("deleted_at", Moment),
        sa.PrimaryKeyConstraint("tenant", "override_id", name="pk_forecast_overrides"),
    )
    op.create_index(
        "ix_forecast_overrides_tenant_dataset_created_at", "forecast_overrides", ["tenant", "dataset", "created_at"]
    )


def _issued_forecasts() -> None:
    op.create_table(
        "issued_forecasts",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("forecast_id", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("issued_at", Moment, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("header", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "forecast_id", name="pk_issued_forecasts"),
    )
    op.create_index(
        "ix_issued_forecasts_tenant_dataset_issued_at", "issued_forecasts", ["tenant", "dataset", "issued_at"]
    )


def _issued_series() -> None:
    op.create_table(
        "issued_series",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("forecast_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("answer", JsonText, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "forecast_id", "place", name="pk_issued_series"),
    )
    op.create_index("ix_issued_series_tenant_sku_location", "issued_series", ["tenant", "sku", "location"])


def _scenarios() -> None:
    op.create_table(
        "scenarios",
        sa.Column("tenant", sa.String(63), nullable=False),
        sa.Column("scenario_id", sa.String(32), nullable=False),
        sa.Column("dataset", sa.String(63), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("request", JsonText, nullable=False),
        sa.Column("answer", JsonText, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("promoted_plan", sa.String(64)),
        sa.PrimaryKeyConstraint("tenant", "scenario_id", name="pk_scenarios"),
    )
    op.create_index("ix_scenarios_tenant_dataset_created_at", "scenarios", ["tenant", "dataset", "created_at"])

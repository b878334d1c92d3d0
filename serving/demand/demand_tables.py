"""Tables of dataset versions, uploads, planners' overrides, issued forecasts and scenarios (revision 0004)."""

import sqlalchemy as sa

from core.database import METADATA, DecimalText, JsonText, Moment

__all__ = [
    "DATASETS",
    "DATASET_UPLOADS",
    "DATASET_VERSIONS",
    "FORECAST_OVERRIDES",
    "ISSUED_FORECASTS",
    "ISSUED_SERIES",
    "SCENARIOS",
]

DATASETS = sa.Table(
    "datasets",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("dataset", sa.String(63), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("model_name", sa.String(200), nullable=False),
    sa.Column("base_folder", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
"""One row a dataset; version 0 is `base_folder` (a folder of the user's own), or nothing yet."""

DATASET_VERSIONS = sa.Table(
    "dataset_versions",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("dataset", sa.String(63), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("folder", sa.String(40), nullable=False),
    sa.Column("upload_id", sa.String(32)),
    sa.Column("rows", JsonText, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("pruned_at", Moment),
)
"""One row a version; `rows`: table → rows. A pruned one has no folder any more."""

DATASET_UPLOADS = sa.Table(
    "dataset_uploads",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("upload_id", sa.String(32), primary_key=True),
    sa.Column("dataset", sa.String(63), nullable=False),
    sa.Column("table_name", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("answer", JsonText, nullable=False),
    sa.Column("error_file", sa.Text, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index(None, "tenant", "dataset", "created_at"),
)
"""What came of each upload, and its error file (CSV)."""

FORECAST_OVERRIDES = sa.Table(
    "forecast_overrides",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("override_id", sa.String(32), primary_key=True),
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
    sa.Index(None, "tenant", "dataset", "created_at"),
)
"""Planners' changes: kind `history_add` adds units to the past, `replace` and `multiply` change the forecast."""

ISSUED_FORECASTS = sa.Table(
    "issued_forecasts",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("forecast_id", sa.String(32), primary_key=True),
    sa.Column("dataset", sa.String(63), nullable=False),
    sa.Column("issued_at", Moment, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("header", JsonText, nullable=False),
    sa.Index(None, "tenant", "dataset", "issued_at"),
)
"""Forecasts as they were given out; rows are added and never changed."""

ISSUED_SERIES = sa.Table(
    "issued_series",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("forecast_id", sa.String(32), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("sku", sa.String(200), nullable=False),
    sa.Column("location", sa.String(200), nullable=False),
    sa.Column("answer", JsonText, nullable=False),
    sa.Index(None, "tenant", "sku", "location"),
)
"""The series of an issued forecast, in the order of its answer."""

SCENARIOS = sa.Table(
    "scenarios",
    METADATA,
    sa.Column("tenant", sa.String(63), primary_key=True),
    sa.Column("scenario_id", sa.String(32), primary_key=True),
    sa.Column("dataset", sa.String(63), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("request", JsonText, nullable=False),
    sa.Column("answer", JsonText, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("promoted_plan", sa.String(64)),
    sa.Index(None, "tenant", "dataset", "created_at"),
)
"""What-ifs that were asked for, with their answers; nothing of them is in any plan unless promoted."""

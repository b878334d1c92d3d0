"""Index of listings by SKU: an order renews what all channels show of its SKUs, whatever the catalogue's size."""

from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_channel_listings_tenant_sku", "channel_listings", ["tenant", "sku"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_channel_listings_tenant_sku", "channel_listings")

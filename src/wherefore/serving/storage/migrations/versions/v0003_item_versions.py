"""Which item changes came after which, so that servers that share a database can catch up with each other."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number of a change; those that are there were before all that come."""
    op.add_column(
        "wherefore_items", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index("wherefore_items_by_version", "wherefore_items", ["version"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("wherefore_items_by_version", "wherefore_items")
    op.drop_column("wherefore_items", "version")

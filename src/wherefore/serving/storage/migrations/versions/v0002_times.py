"""When each message was kept, which tells the list that feedback is about; and what is old, found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for messages that are there, and two indexes that pruning needs."""
    op.add_column("wherefore_messages", sa.Column("at", sa.DateTime(timezone=True)))
    op.create_index("wherefore_sessions_by_age", "wherefore_sessions", ["updated"])
    op.create_index("wherefore_feedback_by_age", "wherefore_feedback", ["at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("wherefore_feedback_by_age", "wherefore_feedback")
    op.drop_index("wherefore_sessions_by_age", "wherefore_sessions")
    op.drop_column("wherefore_messages", "at")

"""Sessions with their messages, feedback, and items changed at run time."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.String(512)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "wherefore_sessions",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("user_id", KEY),
        sa.Column("preferences", sa.Text),
        sa.Column("created", TIME, nullable=False),
        sa.Column("updated", TIME, nullable=False),
    )
    op.create_index("wherefore_sessions_of_user", "wherefore_sessions", ["user_id", "updated"])
    op.create_table(
        "wherefore_messages",
        sa.Column(
            "session_id", KEY, sa.ForeignKey("wherefore_sessions.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "wherefore_feedback",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("session_id", KEY),
        sa.Column("user_id", KEY),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("note", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("wherefore_feedback_of_user", "wherefore_feedback", ["user_id", "id"])
    op.create_index("wherefore_feedback_of_session", "wherefore_feedback", ["session_id"])
    op.create_table(
        "wherefore_items",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("record", sa.Text),
        sa.Column("changed", TIME, nullable=False),
    )


def downgrade() -> None:
    """Take all away."""
    for table in ("wherefore_items", "wherefore_feedback", "wherefore_messages", "wherefore_sessions"):
        op.drop_table(table)

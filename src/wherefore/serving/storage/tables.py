"""The tables that hold what a server keeps, as SQLAlchemy models. Changes here need a revision in `migrations`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from wherefore.serving.store import LONGEST_KEY

VERSIONS = "wherefore_version"  # the table that holds the revision


class UtcTime(TypeDecorator[datetime]):
    """A time with its zone; a database that knows no zones holds it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is written."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """As it is read."""
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


KEY = String(LONGEST_KEY)
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up in a column of this type alone


class Base(DeclarativeBase):
    """Of all tables. Texts of people are JSON in ASCII: any text can be kept, also what a database would refuse."""


class SessionRow(Base):
    """A session without its messages."""

    __tablename__ = "wherefore_sessions"
    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    user: Mapped[str | None] = mapped_column("user_id", KEY)
    preferences: Mapped[str | None] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcTime)
    updated: Mapped[datetime] = mapped_column(UtcTime)
    __table_args__ = (
        Index("wherefore_sessions_of_user", "user_id", "updated"),
        Index("wherefore_sessions_by_age", "updated"),
    )


class MessageRow(Base):
    """A message of a session."""

    __tablename__ = "wherefore_messages"
    session: Mapped[str] = mapped_column(
        "session_id", KEY, ForeignKey(SessionRow.id, ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    message: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime | None] = mapped_column(UtcTime)  # when it was first kept; not known of the oldest


class FeedbackRow(Base):
    """What somebody did with an item."""

    __tablename__ = "wherefore_feedback"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)  # so that sending it twice keeps it once
    session: Mapped[str | None] = mapped_column("session_id", KEY)
    user: Mapped[str | None] = mapped_column("user_id", KEY)
    item: Mapped[str] = mapped_column("item_id", KEY)
    verdict: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("wherefore_feedback_of_user", "user_id", "id"),
        Index("wherefore_feedback_of_session", "session_id"),
        Index("wherefore_feedback_by_age", "at"),
        {"sqlite_autoincrement": True},  # a number is never given again, so that "after" stays true
    )


class ItemRow(Base):
    """An item that was added, changed or (without a record) removed at run time."""

    __tablename__ = "wherefore_items"
    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    record: Mapped[str | None] = mapped_column(Text)
    changed: Mapped[datetime] = mapped_column(UtcTime)
    # Higher than of all changes before, so that other servers can ask for what is new; 0 of those of older versions.
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    __table_args__ = (Index("wherefore_items_by_version", "version"),)


SESSIONS, MESSAGES, FEEDBACK, ITEMS = (
    Base.metadata.tables[row.__tablename__] for row in (SessionRow, MessageRow, FeedbackRow, ItemRow)
)

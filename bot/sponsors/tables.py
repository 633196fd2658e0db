"""The directory's tables, as SQLAlchemy sees them. `migrations/` makes them, and a test holds the
two together.

What says who somebody is is sealed (`sealed`) or hashed with a key (`handle_hash`,
`reference_hash`); ids are random.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: SQLite keeps no time zone, so it is taken off on the way in and put back on
    the way out.
    """

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


_ID = String(20)

sponsor = Table(
    "sponsor",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("handle_hash", String(64), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("service", String(40), nullable=False),
    Column("status", String(10), nullable=False),
    Column("absent_from", Date, nullable=True),
    Column("absent_until", Date, nullable=True),
    Column("cover_id", _ID, ForeignKey("sponsor.id"), nullable=True),
    Column("changed", Moment, nullable=False),
    Column("confirmed", Moment, nullable=True),
)
"""`confirmed`: when somebody last said that what is written here is right; None: not since it is
kept.
"""

person = Table(
    "person",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("reference_hash", String(64), nullable=False, unique=True),
    Column("key_name", String(16), nullable=False),
    Column("added", Moment, nullable=False),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("person_id", _ID, ForeignKey("person.id"), nullable=False, index=True),
    Column("sponsor_id", _ID, ForeignKey("sponsor.id"), nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=True),
)
"""With its history: `until` is None for the one that holds."""
Index(
    "uq_assignment_current",
    assignment.c.person_id,
    unique=True,
    sqlite_where=text("until IS NULL"),
    postgresql_where=text("until IS NULL"),
)

access_code = Table(
    "access_code",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("person_id", _ID, ForeignKey("person.id"), nullable=False, index=True),
    Column("hashed", String(128), nullable=False),
    Column("issued", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("revoked", Moment, nullable=True),
)
Index(
    "uq_access_code_current",
    access_code.c.person_id,
    unique=True,
    sqlite_where=text("revoked IS NULL"),
    postgresql_where=text("revoked IS NULL"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False, index=True),
    Column("action", String(20), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("person_id", _ID, nullable=True),
    Column("sponsor_id", _ID, nullable=True),
    Column("tried", String(16), nullable=True),
)
"""Opaque ids only, and no foreign keys: it outlives what it is about. `tried` tells references
apart that nobody has.
"""

staff_account = Table(
    "staff_account",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password", String(128), nullable=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("invite", String(64), nullable=True, unique=True),
    Column("invite_expires", Moment, nullable=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment, nullable=True),
    Column("last_step", Integer, nullable=False),
    Column("removed", Moment, nullable=True),
    Column("subject", String(64), nullable=True),
    Index("uq_staff_account_subject", "subject", unique=True),
)
"""Who may use the staff desk. `password` is an argon2id hash, None until it is set up; `sealed`
holds the key of the one-time codes; `invite` is the SHA-256 of the set-up link's token; `last_step`
the step of the last one-time code that was taken. `subject`: a hash of whom the organisation's own
sign-in vouches for; such an account has no password.
"""

staff_log = Table(
    "staff_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False, index=True),
    Column("who", String(32), nullable=False),
    Column("action", String(20), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("about", String(64), nullable=True),
)
"""Who did what kind of thing at the staff desk, and when. `about` is an account's name or the
opaque id of a sponsor, never a contact. The database refuses to change or delete a line.
"""

unanswered = Table(
    "unanswered",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("day", Date, nullable=False, index=True),
)
"""Questions that people told the team: the words, sealed, and the day. Nothing of who or about what."""

unanswered_count = Table(
    "unanswered_count",
    metadata,
    Column("week", Date, primary_key=True),
    Column("topic", String(40), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
)
"""How often an answer was not held or did not help, by the Monday of the week. No words."""

sponsor_check = Table(
    "sponsor_check",
    metadata,
    Column("sponsor_id", _ID, ForeignKey("sponsor.id"), primary_key=True),
    Column("token", String(64), nullable=True, unique=True),
    Column("asked", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("wrong", Moment, nullable=True),
)
"""Sponsors who were asked whether their details are right. `token` is the SHA-256 of the link's,
None once it was used; `wrong`: when they said that something is wrong. The row goes when the details
are confirmed or changed.
"""

safety_report = Table(
    "safety_report",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("who", String(32), nullable=False),
    Column("wrong", String(12), nullable=False),
    Column("category", String(40), nullable=False),
    Column("closed", Moment, nullable=True),
    Column("closed_by", String(32), nullable=True),
)
"""Reports that the crisis screen was wrong: which way and about what, never a word of a message."""

"""The directory as it was first: sponsors, people by a hash, assignments, codes and the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sponsor",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("handle_hash", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("absent_from", sa.Date(), nullable=True),
        sa.Column("absent_until", sa.Date(), nullable=True),
        sa.Column("cover_id", sa.String(20), nullable=True),
        sa.Column("changed", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sponsor"),
        sa.UniqueConstraint("handle_hash", name="uq_sponsor_handle_hash"),
        sa.ForeignKeyConstraint(["cover_id"], ["sponsor.id"], name="fk_sponsor_cover_id_sponsor"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("reference_hash", sa.String(64), nullable=False),
        sa.Column("key_name", sa.String(16), nullable=False),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("reference_hash", name="uq_person_reference_hash"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(20), nullable=False),
        sa.Column("sponsor_id", sa.String(20), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_assignment_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["sponsor.id"], name="fk_assignment_sponsor_id_sponsor"
        ),
    )
    op.create_index("ix_assignment_person_id", "assignment", ["person_id"])
    op.create_index("ix_assignment_sponsor_id", "assignment", ["sponsor_id"])
    _one_current("assignment", "until IS NULL")
    op.create_table(
        "access_code",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(20), nullable=False),
        sa.Column("hashed", sa.String(128), nullable=False),
        sa.Column("issued", sa.DateTime(), nullable=False),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("revoked", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_code"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_access_code_person_id_person"
        ),
    )
    op.create_index("ix_access_code_person_id", "access_code", ["person_id"])
    _one_current("access_code", "revoked IS NULL")
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(20), nullable=True),
        sa.Column("sponsor_id", sa.String(20), nullable=True),
        sa.Column("tried", sa.String(16), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def downgrade() -> None:
    for name in ("audit", "access_code", "assignment", "person", "sponsor"):
        op.drop_table(name)


def _one_current(table: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(
        f"uq_{table}_current",
        table,
        ["person_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )

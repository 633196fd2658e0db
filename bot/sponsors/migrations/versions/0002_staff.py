"""The staff desk: accounts, a log that only grows, and when a sponsor's details were confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHANGES = ("UPDATE", "DELETE")


def upgrade() -> None:
    op.add_column("sponsor", sa.Column("confirmed", sa.DateTime(), nullable=True))
    op.create_table(
        "staff_account",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("password", sa.String(128), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("invite", sa.String(64), nullable=True),
        sa.Column("invite_expires", sa.DateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("removed", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff_account"),
        sa.UniqueConstraint("name", name="uq_staff_account_name"),
        sa.UniqueConstraint("invite", name="uq_staff_account_invite"),
    )
    op.create_table(
        "staff_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("about", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff_log"),
    )
    op.create_index("ix_staff_log_at", "staff_log", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION staff_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'staff_log only grows'; END $$"
        )
        op.execute(
            "CREATE TRIGGER staff_log_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION staff_log_refuse()"
        )
        return
    for change in CHANGES:
        op.execute(
            f"CREATE TRIGGER staff_log_no_{change.lower()} BEFORE {change} ON staff_log "
            "BEGIN SELECT RAISE(ABORT, 'staff_log only grows'); END"
        )


def downgrade() -> None:
    for name in ("staff_log", "staff_account"):
        op.drop_table(name)  # its triggers go along
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION staff_log_refuse()")
    op.drop_column("sponsor", "confirmed")

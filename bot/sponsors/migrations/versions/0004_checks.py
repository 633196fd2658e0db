"""Sponsors who were asked whether their details are right, by a link that opens once, accounts that
the organisation's own sign-in vouches for, and reports that the crisis screen was wrong.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_account", sa.Column("subject", sa.String(64), nullable=True))
    op.create_index("uq_staff_account_subject", "staff_account", ["subject"], unique=True)
    op.create_table(
        "sponsor_check",
        sa.Column("sponsor_id", sa.String(20), nullable=False),
        sa.Column("token", sa.String(64), nullable=True),
        sa.Column("asked", sa.DateTime(), nullable=False),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("wrong", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sponsor_id", name="pk_sponsor_check"),
        sa.UniqueConstraint("token", name="uq_sponsor_check_token"),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["sponsor.id"], name="fk_sponsor_check_sponsor_id_sponsor"
        ),
    )

    op.create_table(
        "safety_report",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("wrong", sa.String(12), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("closed", sa.DateTime(), nullable=True),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_safety_report"),
    )


def downgrade() -> None:
    op.drop_table("safety_report")
    op.drop_table("sponsor_check")
    op.drop_index("uq_staff_account_subject", "staff_account")
    op.drop_column("staff_account", "subject")

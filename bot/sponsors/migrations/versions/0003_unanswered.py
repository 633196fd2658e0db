"""Questions that people chose to tell the team, and how often what was asked had no answer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unanswered",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unanswered"),
    )
    op.create_index("ix_unanswered_day", "unanswered", ["day"])
    op.create_table(
        "unanswered_count",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", "topic", "kind", name="pk_unanswered_count"),
    )


def downgrade() -> None:
    for name in ("unanswered_count", "unanswered"):
        op.drop_table(name)

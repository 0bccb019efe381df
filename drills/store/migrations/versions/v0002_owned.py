"""What the store alone holds: people's names and trainings, customers' ratings, action items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table("people", sa.Column("id", sa.Text, primary_key=True), sa.Column("name", sa.Text, nullable=False))
    op.create_table(
        "attendances",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("organization", "person", "program")),
        sa.Column("attended_on", sa.Date, primary_key=True),
    )
    op.create_table(
        "ratings",
        sa.Column("response", sa.Text, primary_key=True),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("satisfied", sa.Boolean, nullable=False),
    )
    op.create_table(
        "action_items",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "owner", "priority")),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("completed_on", sa.Date),
        *(sa.Column(name, sa.Text) for name in ("incident", "scenario", "ticket")),
    )

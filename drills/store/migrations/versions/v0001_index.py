"""The index of drills and incidents, made from journals and incident logs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from drills.store.schema import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make tables and views."""
    op.create_table(
        "drills",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("scenario", "title", "organization")),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("treatment", sa.Text, nullable=False),
        sa.Column("starts_at", Moment, nullable=False),
        sa.Column("ended_at", Moment, nullable=False),
        sa.Column("valid", sa.Boolean, nullable=False),
        sa.Column("met", sa.Boolean),
        sa.Column("met_count", sa.Integer, nullable=False),
        sa.Column("criteria_count", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("digest", "version", "path")),
    )
    op.create_table(
        "seats",
        sa.Column("drill_id", sa.Text, sa.ForeignKey("drills.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("joined_at", Moment, nullable=False),
        sa.Column("modelled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "all_incidents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("drill_id", sa.Text),
        sa.Column("is_drill", sa.Boolean, nullable=False),
        sa.Column("number", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("organization", "title", "severity")),
        sa.Column("created_at", Moment, nullable=False),
        *(sa.Column(name, Moment) for name in ("first_response_at", "declared_at", "resolved_at")),
        sa.Column("impact_known", sa.Boolean, nullable=False),
        sa.Column("root_cause", sa.Text),
        sa.Column("path", sa.Text, nullable=False),
    )
    op.create_table(
        "impacts",
        sa.Column("incident_id", sa.Text, sa.ForeignKey("all_incidents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("started_at", Moment, primary_key=True),
        sa.Column("ended_at", Moment, nullable=False),
    )
    op.create_index("all_incidents_created_at", "all_incidents", ["created_at"])
    op.execute("CREATE VIEW incidents AS SELECT * FROM all_incidents WHERE NOT is_drill")
    op.execute("CREATE VIEW drill_incidents AS SELECT * FROM all_incidents WHERE is_drill")

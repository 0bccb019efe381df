"""The store's tables as this version reads and writes them; `migrations` makes them.

Times are moments with a UTC offset, also in SQLite. The views have no rows of their own: ``incidents`` is the real
incidents, ``drill_incidents`` those of drills, both with the columns of ``all_incidents``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import BigInteger, TypeEngine

metadata = MetaData()
views = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops time zones, so there it is written in UTC and told to be that when read."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, f"{value} has no UTC offset"
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


drills = Table(
    "drills",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scenario", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("organization", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("treatment", Text, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("met", Boolean),
    Column("met_count", Integer, nullable=False),
    Column("criteria_count", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("path", Text, nullable=False),
)

seats = Table(
    "seats",
    metadata,
    Column("drill_id", Text, ForeignKey("drills.id", ondelete="CASCADE"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("joined_at", Moment, nullable=False),
    Column("modelled", Boolean, nullable=False),
)


def _incident_columns() -> list[Column[Any]]:
    return [
        Column("id", Text, primary_key=True),
        Column("drill_id", Text),
        Column("is_drill", Boolean, nullable=False),
        Column("number", Text),
        Column("organization", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("severity", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("first_response_at", Moment),
        Column("declared_at", Moment),
        Column("resolved_at", Moment),
        Column("impact_known", Boolean, nullable=False),
        Column("root_cause", Text),
        Column("path", Text, nullable=False),
    ]


all_incidents = Table("all_incidents", metadata, *_incident_columns())
incidents = Table("incidents", views, *_incident_columns())
drill_incidents = Table("drill_incidents", views, *_incident_columns())

impacts = Table(
    "impacts",
    metadata,
    Column("incident_id", Text, ForeignKey("all_incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("started_at", Moment, primary_key=True),
    Column("ended_at", Moment, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

attendances = Table(
    "attendances",
    metadata,
    Column("organization", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("program", Text, primary_key=True),
    Column("attended_on", Date, primary_key=True),
)

ratings = Table(
    "ratings",
    metadata,
    Column("response", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("satisfied", Boolean, nullable=False),
)

action_items = Table(
    "action_items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("completed_on", Date),
    Column("incident", Text),
    Column("scenario", Text),
    Column("ticket", Text),
)

INDEXED = (impacts, seats, all_incidents, drills)
"""Made from files, and emptied when they are read anew; each before what it refers to."""
OWNED = (people, attendances, ratings, action_items)
"""What the store alone holds."""

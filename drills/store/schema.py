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
    Column("id", Text, primary_key=True, doc="Scenario, seed, and the beginning of the SHA-256 of the whole journal."),
    Column("scenario", Text, nullable=False, doc="The scenario's id."),
    Column("title", Text, nullable=False, doc="Its title."),
    Column("organization", Text, nullable=False, doc="The organisation's id."),
    Column("seed", BigInteger, nullable=False, doc="The drill's luck."),
    Column("treatment", Text, nullable=False, doc="The policy of the modelled people."),
    Column("starts_at", Moment, nullable=False, doc="Drill time zero."),
    Column("ended_at", Moment, nullable=False, doc="When the world stopped."),
    Column("valid", Boolean, nullable=False, doc="Whether the drill proves anything."),
    Column("met", Boolean, doc="Whether every criterion was met; null if none could be judged."),
    Column("met_count", Integer, nullable=False, doc="Criteria that were met."),
    Column("criteria_count", Integer, nullable=False, doc="Criteria that could be judged."),
    Column("digest", Text, nullable=False, doc="SHA-256 of the journal's records."),
    Column("version", Text, nullable=False, doc="The gameday that played it."),
    Column("path", Text, nullable=False, doc="Where its journal was when it was indexed."),
)

seats = Table(
    "seats",
    metadata,
    Column("drill_id", Text, ForeignKey("drills.id", ondelete="CASCADE"), primary_key=True, doc="The drill."),
    Column("person", Text, primary_key=True, doc="The participant's id, as in the journal."),
    Column("role", Text, primary_key=True, doc="The role."),
    Column("joined_at", Moment, nullable=False, doc="When the seat was first taken."),
    Column("modelled", Boolean, nullable=False, doc="Whether a model held it."),
)


def _incident_columns() -> list[Column[Any]]:
    return [
        Column("id", Text, primary_key=True, doc="The drill's id; of a real incident, organisation and number."),
        Column("drill_id", Text, doc="The drill; null of a real incident."),
        Column("is_drill", Boolean, nullable=False, doc="Whether it is that of a drill."),
        Column("number", Text, doc="Its number, such as INC-20250809-140000; null if it was never declared."),
        Column("organization", Text, nullable=False, doc="The organisation's id."),
        Column("title", Text, nullable=False, doc="What it was declared as."),
        Column("severity", Text, nullable=False, doc="As declared; the scenario's true one if it never was."),
        Column("created_at", Moment, nullable=False, doc="The first signal, or the declaration if that came first."),
        Column("first_response_at", Moment, doc="The first acknowledgement, declaration, joining or investigation."),
        Column("declared_at", Moment, doc="When it was declared."),
        Column("resolved_at", Moment, doc="When it was resolved for good."),
        Column("impact_known", Boolean, nullable=False, doc="Whether it is known when customers were hurt."),
        Column("root_cause", Text, doc="The cause that was rightly named."),
        Column("path", Text, nullable=False, doc="The journal or log that tells of it."),
    ]


all_incidents = Table("all_incidents", metadata, *_incident_columns())
incidents = Table("incidents", views, *_incident_columns())
drill_incidents = Table("drill_incidents", views, *_incident_columns())

impacts = Table(
    "impacts",
    metadata,
    Column(
        "incident_id", Text, ForeignKey("all_incidents.id", ondelete="CASCADE"), primary_key=True, doc="The incident."
    ),
    Column("started_at", Moment, primary_key=True, doc="When a user-facing service left its objective."),
    Column("ended_at", Moment, nullable=False, doc="When all were back within theirs."),
)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True, doc="The participant's id, as in journals."),
    Column("name", Text, nullable=False, doc="The name, which can be deleted."),
)

attendances = Table(
    "attendances",
    metadata,
    Column("organization", Text, primary_key=True, doc="The organisation's id."),
    Column("person", Text, primary_key=True, doc="The participant's id."),
    Column("program", Text, primary_key=True, doc="The training, as in the organisation's file."),
    Column("attended_on", Date, primary_key=True, doc="The day."),
)

ratings = Table(
    "ratings",
    metadata,
    Column("response", Text, primary_key=True, doc="The answer's own id."),
    Column("incident", Text, nullable=False, doc="The incident's number, or the drill's id."),
    Column("satisfied", Boolean, nullable=False, doc="Whether the customer was satisfied with how it was handled."),
)

action_items = Table(
    "action_items",
    metadata,
    Column("id", Text, primary_key=True, doc="As in its file."),
    Column("title", Text, nullable=False, doc="What is to be done."),
    Column("owner", Text, nullable=False, doc="Who does it."),
    Column("priority", Text, nullable=False, doc="How much it matters."),
    Column("due_date", Date, nullable=False, doc="The last day on which it is in time."),
    Column("status", Text, nullable=False, doc="How far it is."),
    Column("completed_on", Date, doc="The day on which it was done."),
    Column("incident", Text, doc="The incident that it comes from."),
    Column("scenario", Text, doc="The scenario that shows whether it helped."),
    Column("ticket", Text, doc="Its key in the tracker."),
)

INDEXED = (impacts, seats, all_incidents, drills)
"""Made from files, and emptied when they are read anew; each before what it refers to."""
OWNED = (people, attendances, ratings, action_items)
"""What the store alone holds."""

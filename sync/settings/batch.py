"""Models of `batch` and `batches` of a clock: people who came together."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from sync.core.mapping.normalise.tables import fold
from sync.core.rules.definition import BatchPolicy, BatchRule, GivenBatch
from sync.settings.check import Section, Wrong
from sync.settings.value import Channel, Day, Line, RoleId, read_span, written


def _read_batch_span(value: object) -> timedelta:
    """`1 hours`, `90 minutes`; at most a day, else the uploads of one day would run into those of the next."""
    span = value if isinstance(value, timedelta) else read_span(value)
    if not timedelta(minutes=1) <= span <= timedelta(days=1):
        raise Wrong(f"{str(value)!r} is no span between a minute and a day", "write e.g. 1 hours")
    return span


BatchSpan = Annotated[timedelta, BeforeValidator(_read_batch_span), written(r"^\d+ ?[a-z]+$", "1 hours", "30m")]


class BatchSection(Section):
    """People who came together, by one upload or at one event, have one clock, from the first of them."""

    at_least: int = Field(default=50, ge=2, le=100_000)
    """So many, or more, are a batch: people with one raw lead source."""
    within: BatchSpan = timedelta(hours=1)
    """In so short a time; further ones within it of these belong to them."""
    sources: list[Channel] = Field(default=["event", "business_card", "list"], min_length=1)
    """Lead sources of mappings/handoff.yaml that come in batches."""
    capacity_per_day: int | None = Field(default=None, ge=1, le=1_000)
    """How many of a batch one person can contact a day beside their other work: `status` says how long a batch takes."""
    worked_by: list[RoleId] = Field(default=[])
    """Roles of those who contact them; by default the clock's team."""
    people: int | None = Field(default=None, ge=1, le=10_000)
    """How many they are; by default all active colleagues with these roles."""

    def compile(self, team: list[str], given: list[GivenBatchSection]) -> BatchPolicy:
        return BatchPolicy(
            BatchRule(self.at_least, self.within),
            frozenset(self.sources),
            tuple(one.compile() for one in given),
            self.capacity_per_day,
            frozenset(self.worked_by or team),
            self.people,
        )


class GivenBatchSection(Section):
    """What only people know of an upload."""

    source: Line = Field(min_length=1)
    """Lead source of its people, as it stands in the CRM (a campaign, where that is what the mapped field holds)."""
    from_: Day = Field(alias="from")
    """First local day on which its people were created."""
    to: Day
    """Last such day, inclusive."""
    start: Day
    """The clock starts at the opening of this day: of the campaign, or when cards were exchanged."""
    rank: Literal["A", "B", "C"] | None = None
    """A: 2 business days, B: 5 business days, C: no deadline; by default the target of the lead source."""

    @model_validator(mode="after")
    def _in_order(self) -> GivenBatchSection:
        if self.to < self.from_:
            raise Wrong("to lies before from", "give the first and the last day on which its people were created")
        if not fold(self.source.strip()):
            raise Wrong("source is empty", "write the lead source as it stands in the CRM")
        if abs(self.start - self.from_) > timedelta(days=366):
            raise Wrong("start lies more than a year away from its people", "look at the year")
        return self

    def compile(self) -> GivenBatch:
        return GivenBatch(fold(self.source.strip()), self.from_, self.to, self.start, self.rank)

"""The objects we read, the property that says when they changed, and the properties that their facts need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.core.model.records import Kind
from sync.errors import StreamUnavailable

OWNERS = "owners"
PEOPLE = "contacts"
HISTORY_DEPTH = 45
"""Revisions that a contact keeps of a property."""


@dataclass(frozen=True, slots=True)
class Stream:
    name: str
    kind: Kind
    fact_fields: tuple[str, ...]
    """Asked for where the portal defines them; a fact whose property is missing is absent."""
    modified: str = "hs_lastmodifieddate"
    hangs_on_people: bool = True
    """Its subjects are contacts, by association."""


_COMMON = (
    "hs_timestamp",
    "hs_createdate",
    "hubspot_owner_id",
    "hs_created_by_user_id",
    "hs_object_source",
    "hs_object_source_label",
    "hs_engagement_source",
    "hs_sequence_id",
)

STREAMS: Mapping[str, Stream] = {
    stream.name: stream
    for stream in (
        Stream(
            PEOPLE,
            Kind.PERSON,
            ("createdate", "hubspot_owner_id", "hs_merged_object_ids"),
            # `hs_lastmodifieddate` exists on contacts too, and finds nothing.
            modified="lastmodifieddate",
            hangs_on_people=False,
        ),
        Stream("leads", Kind.QUALIFICATION, ("hubspot_owner_id", "hs_pipeline_stage")),
        Stream(
            "calls",
            Kind.ACTIVITY,
            (
                *_COMMON,
                "hs_call_direction",
                "hs_call_status",
                "hs_call_disposition",
                "hs_call_duration",
                "hs_call_body",
            ),
        ),
        Stream(
            "emails",
            Kind.ACTIVITY,
            (*_COMMON, "hs_email_direction", "hs_email_status", "hs_email_text", "hs_email_html"),
        ),
        Stream(
            "meetings",
            Kind.ACTIVITY,
            (
                *_COMMON,
                "hs_meeting_start_time",
                "hs_meeting_end_time",
                "hs_meeting_outcome",
                "hs_meeting_body",
                "hs_internal_meeting_notes",
            ),
        ),
        Stream(
            "tasks",
            Kind.ACTIVITY,
            (*_COMMON, "hs_task_status", "hs_task_type", "hs_task_body", "hs_task_completion_date"),
        ),
        Stream("communications", Kind.ACTIVITY, (*_COMMON, "hs_communication_channel_type", "hs_communication_body")),
        Stream(OWNERS, Kind.USER, (), hangs_on_people=False),
    )
}


def find_stream(name: str) -> Stream:
    """Raises StreamUnavailable for one that Baton does not read."""
    if name not in STREAMS:
        raise StreamUnavailable(name, f"Baton does not read this object; it reads {', '.join(STREAMS)}")
    return STREAMS[name]

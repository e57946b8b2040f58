"""Which records the demo shows as pages of their CRM, and what is on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync.app import App
from sync.core.mapping.spec import MappingSpec, NameFields
from sync.core.model.flags import Flags
from sync.core.model.records import RecordRef
from sync.flow.explain import explain
from sync.report.screens import Screen
from sync.trial import Trial

Seen = Mapping[RecordRef, Flags]
Wanted = Callable[[Flags], bool]

_SHOWN: tuple[tuple[str, Wanted], ...] = (
    ("Opportunity", lambda flags: flags["status"] == "passed_incomplete"),
    ("Lead", lambda flags: flags["status"] == "preparing"),
    ("Opportunity", lambda flags: flags["status"] == "returned"),
    ("Opportunity", lambda flags: flags["status"] == "undetermined"),
    ("Opportunity", lambda flags: flags["status"] == "passed" and flags["next_actor"] == "none"),
    ("contacts", lambda flags: flags["status"] == "preparing" and flags["is_sla"] != "breached"),
    ("contacts", lambda flags: flags["is_sla"] == "breached" or flags["fs_sla"] == "breached"),
    ("contacts", lambda flags: flags["status"] == "passed" and flags["next_actor"] == "is"),
    ("contacts", lambda flags: flags["status"] == "passed_incomplete"),
)
"""One record of each kind of situation, where there is one."""
_FACTS = {
    "opportunity": (
        ("stage", "StageName"),
        ("close", "CloseDate"),
        ("source", "LeadSource"),
        ("next_step", "NextStep"),
    ),
    "lead": (("company", "Company"), ("status", "Status"), ("source", "LeadSource")),
    "contact": (("company", "company"), ("lifecycle", "lifecyclestage"), ("source", "lead_source")),
}
_KINDS = {"Opportunity": "opportunity", "Lead": "lead", "contacts": "contact"}
_NO_INPUT = frozenset({"company", "contact_name", "phone", "email", "lead_source"})
"""Items whose fields stand elsewhere on the page."""


def take_screens(app: App, trial: Trial, mapping: MappingSpec, seen: Seen, now: datetime) -> list[Screen]:
    """Records as both CRMs hold them now, with what was read back; the other language's texts are judged anew."""
    return [_screen(app, trial, mapping, ref, seen[ref], now) for ref in _choose(seen)]


def _choose(seen: Seen) -> Iterator[RecordRef]:
    """Of each situation the one with the most to tell."""
    told: set[RecordRef] = set()
    for stream, wanted in _SHOWN:
        fitting = [ref for ref, flags in seen.items() if ref.stream == stream and ref not in told and wanted(flags)]
        if fitting:
            chosen = max(fitting, key=lambda ref: (len(str(seen[ref]["note"])), ref))
            told.add(chosen)
            yield chosen


def _screen(app: App, trial: Trial, mapping: MappingSpec, ref: RecordRef, flags: Flags, now: datetime) -> Screen:
    kind = _KINDS[ref.stream]
    record = trial.record(ref)
    other = explain(replace(app.context, rules=replace(app.context.rules, language="en")), ref, now)
    places = mapping.streams[ref.connection, ref.stream].items
    inputs = [
        (item, _first(record, fields))
        for item, fields in places.items()
        if item not in _NO_INPUT and not isinstance(fields, NameFields)
        # What has a place of its own heads the page.
        if (ref.connection, ref.stream) not in mapping.items[item].fix_at
    ]
    facts = [(name, str(record.get(field) or "")) for name, field in _FACTS[kind]]
    return Screen(ref, kind, _title(record), facts, inputs, {"ja": flags, "en": other.judgement.flags[ref]})


def _first(record: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return next((str(record[name]) for name in fields if record.get(name) not in (None, "")), "")


def _title(record: Mapping[str, Any]) -> str:
    name = record.get("Name") or " ".join(
        str(record.get(part) or record.get(part.lower()) or "") for part in ("LastName", "FirstName")
    )
    return str(name).strip()

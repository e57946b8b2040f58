"""Whether clocks can start, run and stop: what their conditions say of each other, and whether their fields are mapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.core.model.records import Kind
from sync.core.rules.definition import StartKind
from sync.core.rules.expression import Expression
from sync.core.rules.implication import can_hold, implies
from sync.errors import Problem
from sync.settings.baton import BatonFile
from sync.settings.document import Document
from sync.settings.mapping import ConnectionFile, StreamSection
from sync.settings.policy import ClockSection

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAMED_FIELDS = {StartKind.FORM_SUBMITTED: "form_fields", StartKind.MQL_DATE: "mql_fields"}
_Told = tuple[str, str, str]
"""Setting, message, hint."""


def find_running_problems(
    document: Document, file: BatonFile, connections: Mapping[str, ConnectionFile | None]
) -> Iterator[Problem]:
    """Clocks that can never start, that stand still wherever they start, or that nothing can stop."""
    known = {name: one for name, one in connections.items() if one is not None}
    streams = {f"{name}.{stream}": section for name, one in known.items() for stream, section in one.streams.items()}
    whole = len(known) == len(connections)  # what a broken file would have said is not held against a clock
    for id_, clock in file.clocks.all.items():
        if not _ID.fullmatch(id_):
            message = f"clocks.{id_}: is no id of a clock"
            yield Problem(document.place(("clocks", id_)), message, "write lower case letters, digits and _")
        for number, version in enumerate(clock.versions):
            place = _Place(document, id_, clock, number)
            yield from (place.problem(*told) for told in (*_conditions(version), *_evidence(version, streams)))
            yield from (place.problem(*told) for told in (_unmapped(version, streams) if whole else ()))


@dataclass(frozen=True, slots=True)
class _Place:
    """A clock as it is written at first (0) or in one of its changes (from 1)."""

    document: Document
    id: str
    clock: ClockSection
    number: int

    def problem(self, setting: str, message: str, hint: str) -> Problem:
        """At the latest change that says anything of the setting."""
        way: tuple[str | int, ...] = ("clocks", self.id)
        name = ".".join(str(part) for part in way)
        for index in range(self.number - 1, -1, -1):
            if setting in self.clock.changes[index].model_fields_set:
                way, name = (*way, "changes", index), f"{name}.changes[{index}]"
                break
        return Problem(self.document.place((*way, setting)), f"{name}.{setting}: {message}", hint)


def _conditions(clock: ClockSection) -> Iterator[_Told]:
    start, pause = clock.start_when, clock.pause_when
    if start is not None and not can_hold(start):
        yield "start_when", "can never hold, so it never starts", "look at what is compared with what"
        return
    yield from _pauses(clock, start, pause)
    if (cancel := clock.cancel_when) is not None:
        if not can_hold(cancel):
            yield "cancel_when", "can never hold", "look at what is compared with what, or drop it"
        elif implies(start, cancel):
            yield "cancel_when", f"holds {_wherever(start)}: it is always called off", "say when it is not to be"
    if (reset := clock.reset_when) is not None:
        if not can_hold(reset):
            yield "reset_when", "can never hold", "look at what is compared with what, or drop it"
        elif implies(None, reset):
            yield "reset_when", "always holds, so it never begins to", "say what changes when it is to start anew"
        elif pause is not None and implies(reset, pause):
            message = "holds only while pause_when does: every new start would stand still at once"
            yield "reset_when", message, "let it begin to hold when the pause is over"


def _pauses(clock: ClockSection, start: Expression | None, pause: Expression | None) -> Iterator[_Told]:
    resume = clock.resume_when
    if pause is None:
        if resume is not None:
            yield "resume_when", "there is no pause_when that it could end", "add pause_when, or drop it"
        return
    if not can_hold(pause):
        yield "pause_when", "can never hold", "look at what is compared with what, or drop it"
    elif implies(start, pause):
        yield (
            "pause_when",
            f"holds {_wherever(start)}: it would never run",
            "say when it is to stand still, and no more",
        )
    if resume is None:
        return
    if not can_hold(resume):
        yield "resume_when", "can never hold, so no pause would end", "look at what is compared with what"
    elif implies(pause, resume):
        yield "resume_when", "holds wherever pause_when does, so it never stands still", "drop it, or drop both"


def _wherever(start: Expression | None) -> str:
    return "wherever start_when does" if start is not None else "always"


def _unmapped(clock: ClockSection, streams: Mapping[str, StreamSection]) -> Iterator[_Told]:
    kind = clock.start.kind
    people = [stream for stream in streams.values() if stream.kind is Kind.PERSON]
    if (named := _NAMED_FIELDS.get(kind)) is not None and not any(getattr(stream, named) for stream in people):
        message = f"can never start: no stream of people has {named}"
        yield "start", message, f"name the fields under {named} in mappings/<connection>.yaml"
    if kind is StartKind.SQL_DATE and not any("sql_date" in stream.items for stream in streams.values()):
        yield "start", "can never start: no stream maps sql_date", "map the item in mappings/<connection>.yaml"
    answered = (stream for stream in streams.values() if "fs_decision" in stream.inputs)
    if clock.stop == "decided" and not any(answered):
        yield "stop", "can never stop: no stream has the input fs_decision", "name its field under `inputs`"


def _evidence(clock: ClockSection, streams: Mapping[str, StreamSection]) -> Iterator[_Told]:
    for name in clock.evidence:
        if name in streams and streams[name].kind is not Kind.ACTIVITY:
            known = ", ".join(sorted(other for other, one in streams.items() if one.kind is Kind.ACTIVITY))
            yield "evidence", f"{name} holds no activities", f"known: {known}"

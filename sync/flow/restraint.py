"""What keeps Baton from writing what it would write: fields that nobody can write, fields that somebody else rewrites,
and records of a run that was undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection as Transaction

from sync.core.model.flags import FLAG_FIELDS, Flags, FlagType, FlagValue, carries
from sync.core.model.records import RecordRef
from sync.errors import RunProblem, Shortfall
from sync.flow.context import Context, Mode
from sync.flow.pull import reread
from sync.flow.report import EXAMPLES, Tally
from sync.ports import Connection, StreamSpec
from sync.store import agenda, ledger, outbox, probes, restraints, showing
from sync.store.probes import Probed
from sync.store.restraints import Restraint, RestraintKind

CHECKED = "NOT_WRITABLE"
"""Code of what a check found, before anything was sent."""
PROBED = "PROBED"
"""Code of what `check --probe` found: a field that does not keep what is written, or a write that moves the owner."""
RESTORED_AT_MOST = 3
"""Times that a field of a record is put right within a day; whoever changes it again shall have it for a day."""
FIGHT = timedelta(hours=24)
TOUCHED = timedelta(minutes=15)
_NO_VALUE = object()
_FIELDS = {flag.name: flag for flag in FLAG_FIELDS}


@dataclass(frozen=True, slots=True)
class Restraints:
    """In force for some records."""

    fields: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(
        default_factory=dict[tuple[str, str], Mapping[str, frozenset[str]]]
    )
    """By connection and stream: flag → options that nobody can write; the empty option stands for the whole field."""
    contested: Mapping[RecordRef, frozenset[str]] = field(default_factory=dict[RecordRef, frozenset[str]])
    undone: frozenset[RecordRef] = frozenset()

    def touch(self, ref: RecordRef) -> bool:
        """Whether any of them is about this record."""
        return (ref.connection, ref.stream) in self.fields or ref in self.contested or ref in self.undone

    def bars(self, ref: RecordRef, flag: str, value: FlagValue) -> bool:
        """Whether this value cannot, or shall not, be written there."""
        if flag in self.contested.get(ref, ()):
            return True
        options = self.fields.get((ref.connection, ref.stream), {}).get(flag, ())
        return any(option == "" or carries(value, option) for option in options)

    def hold(self, ref: RecordRef, desired: Flags | None, held: Flags | None) -> Flags | None:
        """What the record should carry as far as it can be written; the rest stays as it is."""
        if desired is None or ((ref.connection, ref.stream) not in self.fields and ref not in self.contested):
            return desired
        return {
            name: (held or {}).get(name) if self.bars(ref, name, value) else value for name, value in desired.items()
        }


UNRESTRAINED = Restraints()


def load_restraints(tx: Transaction, refs: Iterable[RecordRef]) -> Restraints:
    """Those in force for these records."""
    wanted = list(refs)
    if not wanted:
        return UNRESTRAINED
    fields: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for one in restraints.read(tx, RestraintKind.UNWRITABLE):
        flags = fields.setdefault((one.connection, one.stream), {})
        flags[one.flag] = flags.get(one.flag, frozenset()) | {one.option}
    contested: dict[RecordRef, frozenset[str]] = {}
    undone: set[RecordRef] = set()
    for one in restraints.read_of(tx, wanted):
        if one.ref is not None and one.kind is RestraintKind.CONTESTED:
            contested[one.ref] = contested.get(one.ref, frozenset()) | {one.flag}
        elif one.ref is not None:
            undone.add(one.ref)
    return Restraints(fields, contested, frozenset(undone))


def check_fields(context: Context, connection: Connection, usable: Sequence[StreamSpec], tally: Tally) -> None:
    """Ask which of our fields can be written. A field that appears is filled; one that is gone is left out."""
    if context.mode is Mode.OBSERVE:
        return
    streams = [spec.name for spec in usable if spec.carries_flags]
    now = connection.source.server_time()
    found = [
        Restraint(RestraintKind.UNWRITABLE, connection.name, stream, now, flag=flag, code=CHECKED)
        for stream, flags in connection.sink.check_fields(streams, FLAG_FIELDS).items()
        for flag in flags
    ]
    with context.store.read() as tx:
        known = {(one.stream, one.flag) for one in found}
        told = _probed(probes.read(tx, connection.name), connection.name, streams, now)
        found += [one for one in told if (one.stream, one.flag) not in known]
        opened = restraints.find_opened(tx, connection.name, found)
        shown = {spec: showing.read_in(tx, connection.name, spec.name) for spec in usable if spec.name in opened}
    for spec, ids in shown.items():
        # While a field was hidden nobody could read what it held: as it stands there it must not be written again. Where
        # that cannot be read now, the field stays closed until the next check.
        reread(context, connection, spec, ids, tally)
    with context.store.write() as tx:
        if restraints.replace_unwritable(tx, connection.name, found):
            agenda.mark_all_dirty(tx)
    tally.add("fields_not_writable", len(found))
    tally.problems += tell_unwritable(found)


def _probed(told: Probed | None, name: str, streams: Sequence[str], now: datetime) -> Iterator[Restraint]:
    """Fields that a probe has shown not to be safe to write."""
    for stream in streams if told is not None else ():
        assert told is not None
        moved = told.owner_stays.get(stream) is False
        why = "writing there moves the owner" if moved else "does not come back as it was written"
        for flag in _FIELDS if moved else told.unlike.get(stream, ()):
            yield Restraint(RestraintKind.UNWRITABLE, name, stream, now, flag=flag, code=PROBED, message=why)


def tell_unwritable(found: Sequence[Restraint]) -> list[RunProblem]:
    """One per stream and reason, naming the fields."""
    lines: dict[tuple[str, str, str, str], list[str]] = {}
    for one in found:
        name = f"{one.flag} ({one.option})" if one.option else one.flag
        lines.setdefault((one.connection, one.stream, one.code, one.message), []).append(name)
    return [
        RunProblem(
            Shortfall.UNWRITABLE,
            f"{connection}:{stream}",
            f"{code}: {message}" if message else code,
            names=tuple(names),
        )
        for (connection, stream, code, message), names in lines.items()
    ]


def find_fights(tx: Transaction, wanted: Mapping[RecordRef, tuple[Flags, Flags]], now: datetime) -> list[Restraint]:
    """Fields that somebody changed back each time we put them right, too often within a day.

    `wanted` is what would be written, and what stands there instead. To put right is to write the value that we wrote
    last: nothing else was ever wanted there meanwhile.
    """
    fights: list[Restraint] = []
    for ref, written in ledger.read_written(tx, wanted, now - FIGHT).items():
        new, old = wanted[ref]
        often = _find_restored(written)
        fights += [
            _fight(ref, name, v, old.get(name), now) for name, v in new.items() if often.get(name, _NO_VALUE) == v
        ]
    return fights


def _find_restored(written: Sequence[Mapping[str, FlagValue]]) -> dict[str, FlagValue]:
    """Fields that got the very value that they had got before, too often in a row; with that value."""
    latest: dict[str, FlagValue] = {}
    times: dict[str, int] = {}
    for values in written:
        for name, value in values.items():
            times[name] = times.get(name, 0) + 1 if name in latest and latest[name] == value else 0
            latest[name] = value
    return {name: latest[name] for name, count in times.items() if count >= RESTORED_AT_MOST}


def _fight(ref: RecordRef, flag: str, ours: FlagValue, there: FlagValue, now: datetime) -> Restraint:
    kind, sorts = RestraintKind.CONTESTED, (sort_of(flag, ours), sort_of(flag, there))
    return Restraint(
        kind, ref.connection, ref.stream, now, ref, flag, code=sorts[0], message=sorts[1], until=now + FIGHT
    )


def sort_of(flag: str, value: FlagValue) -> str:
    """What sort of value it is: one of our own choices is named, anything else may be what somebody typed."""
    if value is None or value == "":
        return "empty"
    spec = _FIELDS[flag]
    if spec.type is FlagType.CHOICE and value in spec.choices:
        return str(value)
    return "text" if spec.type in (FlagType.TEXT, FlagType.LONG_TEXT) else spec.type.value


def tell_fights(fights: Sequence[Restraint]) -> list[RunProblem]:
    """One per stream and field."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in fights:
        groups.setdefault((f"{one.connection}:{one.stream}", one.flag), []).append(str(one.ref))
    return [
        RunProblem(Shortfall.CONTESTED, where, flag, len(refs), tuple(refs[:EXAMPLES]))
        for (where, flag), refs in groups.items()
    ]


def release_over(context: Context, now: datetime) -> Tally:
    """Take up again what time or a person has changed: contested fields, and refused records that were touched since or
    whose next try is due."""
    tally = Tally()
    with context.store.read() as tx:
        over = restraints.find_over(tx, now)
        healing = {} if context.mode is Mode.OBSERVE else outbox.find_healing(tx, now, now - TOUCHED)
    if over or healing:
        with context.store.write() as tx:
            restraints.drop_over(tx, now)
            outbox.retry(tx, healing)
            agenda.mark_dirty(tx, {*showing.read(tx, over).values(), *healing.values()})
        tally.add("tried_again", len(healing))
    return tally

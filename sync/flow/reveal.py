"""The NG reference on its way out: the store knows only a seal, so the text is read from its CRM when it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.core.mapping.sealed import is_sealed
from sync.core.model.handoff import Case
from sync.core.model.records import RecordRef, SourceRecord
from sync.errors import AuthError, RunProblem, Shortfall, StreamUnavailable, TransientError
from sync.flow.case import load_batch
from sync.flow.context import Context
from sync.flow.pull import save
from sync.flow.report import Tally
from sync.flow.seal import NG_REFERENCE, Sealer, as_written, open_sealer
from sync.ports import FlagWrite, WriteOutcome, WriteResult
from sync.store.outbox import Entry

_Place = tuple[RecordRef, str]
"""A vendor field of a record."""


@dataclass(slots=True)
class Revealed:
    """Entries as they can be sent."""

    writes: list[FlagWrite] = field(default_factory=list[FlagWrite])
    told: dict[RecordRef, WriteResult] = field(default_factory=dict[RecordRef, WriteResult])
    """What becomes of the others, which are not sent now."""
    secret: set[RecordRef] = field(default_factory=set[RecordRef])
    """Records to which such a text is written: what their CRM answers may quote it."""

    def quiet(self, results: Iterable[WriteResult]) -> list[WriteResult]:
        """The results, without words that may quote what must not be told."""
        hidden = "not shown: the write holds NG topics"
        return [replace(r, message=hidden) if r.message and r.ref in self.secret else r for r in results]


def reveal(context: Context, entries: Sequence[Entry], tally: Tally) -> Revealed:
    """What to send for these entries of one connection. A text that is no longer what was decided on is not sent: its
    record is kept as read, so that its handoffs are judged on what it says now."""
    found = Revealed([FlagWrite(e.ref, e.new) for e in entries if not is_sealed(e.new.get(NG_REFERENCE))])
    sealed = [e for e in entries if is_sealed(e.new.get(NG_REFERENCE))]
    if not sealed:
        return found
    with context.store.write() as tx:
        sealer = open_sealer(context, tx)
    with context.store.read() as tx:
        cases = load_batch(tx, {e.handoff_id for e in sealed}).cases
    places = {e.ref: _find(cases.get(e.handoff_id), e.new[NG_REFERENCE], sealer) for e in sealed}
    live, unread = _read_live(context, {ref for held in places.values() for ref, _ in held}, tally)
    for entry in sealed:
        text = _text_of(places[entry.ref], entry.new[NG_REFERENCE], live, sealer)
        if text is not None:
            found.secret.add(entry.ref)
            found.writes.append(FlagWrite(entry.ref, {**entry.new, NG_REFERENCE: text}))
        elif any(ref.connection in unread for ref, _ in places[entry.ref]):
            found.told[entry.ref] = WriteResult(
                entry.ref, WriteOutcome.RETRY, "source_unread", "the source was not read"
            )
        else:
            found.told[entry.ref] = WriteResult(
                entry.ref, WriteOutcome.CONFLICT, "source_changed", "the source changed"
            )
    return found


def _find(case: Case | None, sealed: object, sealer: Sealer) -> list[_Place]:
    """Every field of the handoff's records that holds this text: equal seals are equal texts."""
    return [
        (ref, name)
        for ref, record in (case.records.items() if case is not None else ())
        for name in sealer.secrets.fields.get((ref.connection, ref.stream), ())
        if record.values.get(name) == sealed
    ]


def _read_live(
    context: Context, refs: Iterable[RecordRef], tally: Tally
) -> tuple[Mapping[RecordRef, SourceRecord], set[str]]:
    """The records as their CRMs hold them now, one batch per stream; and the connections that could not be read."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for ref in sorted(refs):
        wanted.setdefault((ref.connection, ref.stream), []).append(ref.record_id)
    live: dict[RecordRef, SourceRecord] = {}
    unread: set[str] = set()
    for (name, stream), ids in wanted.items():
        spec = context.spec(name, stream)
        if spec is None:
            unread.add(name)
            continue
        try:
            records = list(context.connections[name].source.read(spec, ids))
        except (TransientError, StreamUnavailable, AuthError) as error:
            unread.add(name)
            tally.problems.append(RunProblem(Shortfall.TOPICS_UNREAD, name, error=type(error).__name__))
            continue
        live |= {record.ref: record for record in records}
        save(context, context.connections[name], records, tally)
    return live, unread


def _text_of(
    places: Iterable[_Place], sealed: object, live: Mapping[RecordRef, SourceRecord], sealer: Sealer
) -> str | None:
    """The text, if a record still says what was decided on."""
    for ref, name in places:
        record = live.get(ref)
        raw = record.values.get(name) if record is not None and not record.deleted else None
        spec = sealer.secrets.fields[ref.connection, ref.stream][name]
        if raw not in (None, "") and sealer.text(spec, str(raw)) == sealed:
            return as_written(str(raw))
    return None

"""What CRMs said to writes, told once per reason instead of once per record, and in words that may be kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.core.mapping.sealed import is_sealed
from sync.core.model.records import RecordRef, SourceRecord
from sync.errors import AuthError, RunProblem, Shortfall, StreamUnavailable, TransientError
from sync.flow.case import load_batch
from sync.flow.context import Context
from sync.flow.report import EXAMPLES, Tally
from sync.flow.seal import secrets_of
from sync.ports import Connection, WriteOutcome, WriteResult
from sync.store.outbox import Entry

_SHARED = 6
"""So many characters in a row of a sensitive text are taken for a quotation of it."""
QUOTED = "not shown: it quotes a sensitive item"
UNCHECKED = "not shown: nobody could check whether it quotes a sensitive item"


@dataclass(slots=True)
class Told:
    """Records by what became of them and why."""

    groups: dict[tuple[Shortfall, str], list[RecordRef]] = field(
        default_factory=dict[tuple[Shortfall, str], list[RecordRef]]
    )

    def add(self, what: Shortfall, reason: str, ref: RecordRef) -> None:
        self.groups.setdefault((what, reason), []).append(ref)

    def tell(self, connection: str, tally: Tally) -> None:
        """One problem per reason, with how many records and some of them."""
        for (what, reason), refs in sorted(self.groups.items()):
            tally.miss(what, connection, reason, count=len(refs), names=map(str, sorted(refs)[:EXAMPLES]))


def hush(
    context: Context, connection: Connection, results: Sequence[WriteResult], entries: Sequence[Entry], tally: Tally
) -> list[WriteResult]:
    """The results without words that quote what must not be kept: an org's automation may quote what a record says.

    Equal words about different records quote none of them differently, so one record of each is read and compared.
    """
    asked: dict[str, RecordRef] = {}
    for result in results:
        if result.message and _may_quote(result):
            asked.setdefault(result.message, result.ref)
    if not asked:
        return list(results)
    handoffs = {e.ref: e.handoff_id for e in entries}
    hidden = _find_quotations(context, connection, {m: (r, handoffs.get(r)) for m, r in asked.items()}, tally)
    return [replace(r, message=hidden.get(r.message, r.message)) if _may_quote(r) else r for r in results]


def _may_quote(result: WriteResult) -> bool:
    """Words of the org's own rules; the vendor's about locks, deleted records and fields quote nobody."""
    return result.outcome is WriteOutcome.REJECTED or result.tries is not None


def _find_quotations(
    context: Context, connection: Connection, asked: Mapping[str, tuple[RecordRef, str | None]], tally: Tally
) -> dict[str, str]:
    """Messages that must not be kept → what to keep instead."""
    with context.store.read() as tx:
        cases = load_batch(tx, {handoff for _, handoff in asked.values() if handoff is not None}).cases
    fields = secrets_of(context).fields
    holding: dict[str, set[RecordRef]] = {}
    for message, (ref, handoff) in asked.items():
        case = cases.get(handoff or "")
        holding[message] = {
            one
            for one, record in (case.records.items() if case is not None else ())
            if one.connection == ref.connection
            and any(is_sealed(record.values.get(n)) for n in fields.get((one.connection, one.stream), ()))
        }
    live, unread = _read(context, connection, {ref for refs in holding.values() for ref in refs}, tally)
    hidden: dict[str, str] = {}
    for message, refs in holding.items():
        if refs & unread:
            hidden[message] = UNCHECKED
        elif any(quotes(message, text) for ref in refs for text in _texts(live.get(ref), fields)):
            hidden[message] = QUOTED
    return hidden


def _read(
    context: Context, connection: Connection, refs: Iterable[RecordRef], tally: Tally
) -> tuple[dict[RecordRef, SourceRecord], set[RecordRef]]:
    """These records as their CRM holds them now, and those that could not be read. Nothing of them is kept."""
    by_stream: dict[str, list[RecordRef]] = {}
    for ref in sorted(refs):
        by_stream.setdefault(ref.stream, []).append(ref)
    live: dict[RecordRef, SourceRecord] = {}
    unread: set[RecordRef] = set()
    for stream, some in by_stream.items():
        spec = context.spec(connection.name, stream)
        try:
            if spec is None:
                raise StreamUnavailable(stream, "switched off")
            live |= {r.ref: r for r in connection.source.read(spec, [ref.record_id for ref in some])}
        except (TransientError, StreamUnavailable, AuthError) as error:
            unread |= set(some)
            place = f"{connection.name}:{stream}"
            tally.problems.append(RunProblem(Shortfall.REFUSALS_UNREAD, place, error=type(error).__name__))
    return live, unread


def _texts(record: SourceRecord | None, fields: Mapping[tuple[str, str], Mapping[str, object]]) -> list[str]:
    if record is None:
        return []
    names = fields.get((record.ref.connection, record.ref.stream), ())
    return [str(record.values[name]) for name in names if record.values.get(name) not in (None, "")]


def quotes(message: str, text: str) -> bool:
    """Whether words of the text stand in the message, whatever the width, case and spaces."""
    told, secret = _plain(message), _plain(text)
    if len(secret) <= _SHARED:
        return bool(secret) and secret in told
    return any(secret[start : start + _SHARED] in told for start in range(len(secret) - _SHARED + 1))


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()

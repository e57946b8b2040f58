"""Settle what the vendors' documents leave open, on records that the operator names in a sandbox.

Nothing but our own fields is written, and what they held is put back. The answers are kept (`sync.store.probes`) and the
engine goes by them: a flag that does not come back as it was written is not written, nor is anything on records whose
owner a write moves; sweeps reach back as far as it takes until a change is found. What was never probed is taken from the
safe side: values are compared after every write and fields that are changed back are left alone, sweeps reach back by
`schedule.overlap`, an unknown outcome is read back before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sync.budget import Purpose, calling_for
from sync.core.model.flags import FLAG_FIELDS, FlagField, Flags, FlagType, FlagValue, fields_on
from sync.core.model.records import RecordRef, SourceRecord
from sync.errors import BatonError, ConfigError, Problem, TransientError
from sync.flow.check.finding import Finding
from sync.flow.context import Context
from sync.flow.outfit import options_of
from sync.ports import Connection, Covered, FlagWrite, StreamSpec, WriteOutcome
from sync.store import probes
from sync.store.probes import Probed

WAIT = timedelta(minutes=2)
"""So long a change may take to be found; real seconds count where the CRM's clock stands still."""
LOOKS_S = (0.0, 1.0, 2.0, 4.0, 8.0, *(15.0,) * 7)
"""Seconds before each look: every one costs a sweep."""
STAMP_S = 1.2
"""Stamps are whole seconds in one of the systems."""
_FIELDS = {flag.name: flag for flag in FLAG_FIELDS}

Sleep = Callable[[float], None]


@dataclass(slots=True)
class Probe:
    """What was found on one connection so far."""

    connection: Connection
    probed: Probed
    findings: list[Finding] = field(default_factory=list[Finding])


def probe(context: Context, refs: Sequence[RecordRef], sleep: Sleep) -> list[Finding]:
    """Write to these records, look, and put back. Raises ConfigError, before anything is written, for production and for
    records that carry no flags or are not there."""
    found: list[Finding] = []
    with calling_for(Purpose.DELIVERY):
        for name in dict.fromkeys(ref.connection for ref in refs):
            _refuse_production(context, name)
        wanted = [(ref, _spec_of(context, ref), _read(context, ref)) for ref in refs]
        for name in dict.fromkeys(ref.connection for ref in refs):
            connection = context.connections[name]
            one = Probe(connection, Probed(connection.source.server_time()))
            for ref, spec, before in wanted:
                if ref.connection == name:
                    _probe_record(context, one, spec, before, sleep)
            with context.store.write() as tx:
                probes.write(tx, name, one.probed)
            found += [*one.findings, *tell(name, one.probed)]
    return found


def choose(context: Context, candidates: Sequence[RecordRef], said: str) -> RecordRef:
    """The first of these that is there and carries flags. Raises ConfigError."""
    for ref in candidates:
        spec = context.spec(ref.connection, ref.stream)
        if spec is not None and spec.carries_flags:
            try:
                return _read(context, ref).ref
            except ConfigError:
                continue
    hint = "name a Lead, an Opportunity or a HubSpot contact that Baton's user can see and edit"
    raise ConfigError(Problem("--record", f"no record that carries Baton's fields is meant by {said!r}", hint))


def tell(connection: str, probed: Probed) -> Iterator[Finding]:
    """What was settled, also by an earlier probe."""
    for stream, flags in probed.unlike.items():
        kind = "probe_unlike" if flags else "probe_alike"
        yield Finding(kind, f"{connection}:{stream}", {"object": stream, "fields": flags})
    for stream, stays in probed.owner_stays.items():
        if not stays:
            yield Finding("probe_owner_moved", f"{connection}:{stream}", {"object": stream})
    for stream, fields in probed.others.items():
        if fields:
            yield Finding("probe_automation", f"{connection}:{stream}", {"object": stream, "fields": fields})
    if probed.visible_after is not None:
        kind = "probe_not_visible" if probed.not_visible else "probe_visible"
        yield Finding(kind, connection, {"seconds": int(probed.visible_after.total_seconds())})
    if probed.identical_moves is not None:
        yield Finding("probe_identical", connection, {"moves": probed.identical_moves})
    if probed.missing_is_gone is not None:
        yield Finding("probe_missing" if probed.missing_is_gone else "probe_missing_unclear", connection)


def _refuse_production(context: Context, name: str) -> None:
    tenant = context.connections[name].source.tenant()
    if tenant.production:
        message = f"leads to {tenant.name} at {tenant.host}, which is production: nothing is probed there"
        raise ConfigError(Problem(f"connections.{name}", message, "probe in a sandbox or test portal"))


def _spec_of(context: Context, ref: RecordRef) -> StreamSpec:
    spec = context.spec(ref.connection, ref.stream)
    if spec is None or not spec.carries_flags:
        message = f"{ref} is no record that carries Baton's fields"
        raise ConfigError(Problem("--record", message, "name a Lead, an Opportunity or a HubSpot contact"))
    return spec


def _read(context: Context, ref: RecordRef) -> SourceRecord:
    """The record as it is now. Raises ConfigError when it is not there."""
    spec, source = _spec_of(context, ref), context.connections[ref.connection].source
    try:
        found = [one for one in source.read(spec, [ref.record_id]) if one.ref == ref]
    except TransientError as error:
        hint = "look at how the id is written, or try again later"
        raise ConfigError(Problem("--record", f"{ref} cannot be read: {error}", hint)) from None
    if not found or found[0].deleted or found[0].facts.get("converted"):
        message = f"{ref} is not there, or cannot be written any more"
        raise ConfigError(Problem("--record", message, "name one that Baton's user can see and edit"))
    return found[0]


def _probe_record(context: Context, one: Probe, spec: StreamSpec, before: SourceRecord, sleep: Sleep) -> None:
    """All questions on one record; whatever happens, what its fields held is put back."""
    sink, ref = one.connection.sink, before.ref
    closed = set(sink.check_fields([spec.name], FLAG_FIELDS).get(spec.name, ()))
    flags = [flag for flag in fields_on(spec.kind, spec.chosen) if flag.name not in closed and not flag.choice]
    held = sink.read_flags([ref]).get(ref)
    if held is None or not flags:
        one.findings.append(Finding("probe_impossible", str(ref), {"object": spec.name}))
        return
    try:
        _ask(context, one, spec, before, {flag.name: _other(flag, held[flag.name], context) for flag in flags}, sleep)
    except BatonError as error:
        one.findings.append(Finding("probe_failed", str(ref), {"message": str(error)}))
    finally:
        _put_back(one, ref, {flag.name: held[flag.name] for flag in flags})


def _other(flag: FlagField, held: FlagValue, context: Context) -> FlagValue:
    """A value that the field does not hold, of the kind that the engine writes there."""
    options = options_of(flag, context.mapping)
    if flag.type is FlagType.CHOICE:
        return next(option for option in options if option != held)
    if flag.type is FlagType.MULTI_CHOICE:
        return ";".join(reversed(options[:3]))
    if flag.type is FlagType.NUMBER:
        return 7 if held != 7 else 8
    if flag.type is FlagType.INSTANT:
        return "2026-01-02T03:04:05Z" if held != "2026-01-02T03:04:05Z" else "2026-01-02T03:04:06Z"
    text = (
        "Baton（確認）"
        if flag.type is FlagType.TEXT
        else "確認：Batonの動作確認です\n・「値」→ 元に戻します\n\n（1/2）"
    )
    return text if held != text else f"{text}。"


def _ask(context: Context, one: Probe, spec: StreamSpec, before: SourceRecord, values: Flags, sleep: Sleep) -> None:
    ref = before.ref
    (outcome,) = one.connection.sink.write([FlagWrite(ref, values)])
    if outcome.outcome is not WriteOutcome.APPLIED or outcome.left_out:
        one.findings.append(
            Finding("probe_failed", str(ref), {"message": f"{outcome.code}: {outcome.message}".strip(": ")})
        )
        return
    back = one.connection.sink.read_flags([ref]).get(ref) or {}
    unlike = tuple(name for name, value in values.items() if not _same(_FIELDS[name], value, back.get(name)))
    after = _read(context, ref)
    visible = _wait_until_found(one, spec, before, after, sleep)
    later = _read(context, ref)
    others = tuple(name for name in before.values if before.values[name] != later.values.get(name))
    probed = one.probed
    one.probed = replace(
        probed,
        unlike={**probed.unlike, spec.name: tuple(dict.fromkeys((*probed.unlike.get(spec.name, ()), *unlike)))},
        owner_stays={
            **probed.owner_stays,
            spec.name: probed.owner_stays.get(spec.name, True)
            and before.facts.get("owner") == later.facts.get("owner"),
        },
        others={**probed.others, spec.name: tuple(dict.fromkeys((*probed.others.get(spec.name, ()), *others)))},
        visible_after=max(WAIT if visible is None else visible, probed.visible_after or timedelta()),
        not_visible=probed.not_visible or visible is None,
    )
    moves = _identical_moves(context, one, ref, values, later, sleep)
    gone = _missing_is_gone(one, ref, values)
    one.probed = replace(
        one.probed,
        identical_moves=one.probed.identical_moves if moves is None else bool(one.probed.identical_moves or moves),
        missing_is_gone=gone if one.probed.missing_is_gone is None else one.probed.missing_is_gone and gone,
    )


def _same(flag: FlagField, written: FlagValue, back: FlagValue) -> bool:
    if flag.type is FlagType.MULTI_CHOICE:
        return set(str(written or "").split(";")) == set(str(back or "").split(";"))
    return written == back


def _wait_until_found(
    one: Probe, spec: StreamSpec, before: SourceRecord, after: SourceRecord, sleep: Sleep
) -> timedelta | None:
    """How long, by the CRM's clock, until a sweep finds the change; None: longer than anybody waited."""
    source, begun = one.connection.source, one.connection.source.server_time()
    for seconds in LOOKS_S:
        if seconds:
            sleep(seconds)
        for _name, told in source.sweep([(spec, after.modified_at)]):
            if isinstance(told, BatonError):
                raise told
            if not isinstance(told, Covered) and any(
                stamp.record_id == after.ref.record_id and stamp.modified_at >= after.modified_at for stamp in told
            ):
                return max(source.server_time() - begun, timedelta())
    return None


def _identical_moves(
    context: Context, one: Probe, ref: RecordRef, values: Flags, held: SourceRecord, sleep: Sleep
) -> bool | None:
    """Whether writing the same again moves the stamp; None where the CRM's clock did not move meanwhile."""
    source, begun = one.connection.source, one.connection.source.server_time()
    sleep(STAMP_S)
    (outcome,) = one.connection.sink.write([FlagWrite(ref, values)])
    now = _read(context, ref)
    if outcome.outcome is not WriteOutcome.APPLIED or source.server_time() - begun < timedelta(seconds=1):
        return None
    return now.modified_at > held.modified_at


def _missing_is_gone(one: Probe, ref: RecordRef, values: Flags) -> bool:
    """Whether in one batch the record gets its values and an id that does not exist is told to be gone."""
    nobody = RecordRef(ref.connection, ref.stream, _nobody(ref.record_id))
    few = {name: values[name] for name in list(values)[:1]}
    told = {
        result.ref: result.outcome
        for result in one.connection.sink.write([FlagWrite(ref, few), FlagWrite(nobody, few)])
    }
    return told.get(ref) is WriteOutcome.APPLIED and told.get(nobody) is WriteOutcome.CONFLICT


def _nobody(record_id: str) -> str:
    """An id of the same kind that no record has."""
    if record_id.isdecimal():
        return "9" * 15
    return record_id[:3] + "0" * 11 + "1"


def _put_back(one: Probe, ref: RecordRef, held: Mapping[str, FlagValue]) -> None:
    """Write what was there, and look whether it is."""
    try:
        one.connection.sink.write([FlagWrite(ref, dict(held))])
        now = one.connection.sink.read_flags([ref]).get(ref) or {}
    except BatonError:
        now = {}
    lost = tuple(name for name, value in held.items() if not _same(_FIELDS[name], value, now.get(name)))
    if lost:
        one.findings.append(Finding("probe_not_restored", str(ref), {"fields": lost}))

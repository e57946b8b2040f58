"""Who works here, which machines do, and how contacts come on record. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sync.core.mapping.activity import read_activity, read_ref
from sync.core.model.handoff import Directory
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.reconcile.directory import build_directory
from sync.core.rules.contact import weigh
from sync.flow.check.finding import Finding
from sync.flow.check.seen import Seen
from sync.flow.context import Context

FEW = 20
"""Of fewer records nothing is said."""
THIN = 0.3
"""Below it no team can be accused (the shipped `thin.stop_below`)."""
MACHINE = 0.3
OWNERS = 3
SILENT = 0.2


def find_people(context: Context, seen: Sequence[Seen]) -> Iterator[Finding]:
    """Roles that nobody has, users that nobody knows, the vendors' own sync."""
    definition = context.rules.definition
    users = [record for one in seen for record in one.records(Kind.USER)]
    readable = all(one.error is None and any(one.records(Kind.USER)) for one in seen)
    directory = build_directory(users, definition)
    if users and readable:
        for role, who in definition.roles.items():
            if role in ("IS", "FS") and not any(
                c.active and not c.machine and role in c.roles for c in directory.values()
            ):
                told = {"role": role, "held": _held(users)}
                yield Finding(
                    "role_empty", f"config/definition.yaml: roles.{role}", {**told, "names": tuple(sorted(who.names))}
                )
        emails = {str(user.facts.get("email") or "").casefold() for user in users if not user.deleted}
        for setting, listed in _listed(context).items():
            for email in sorted(one for one in listed if "@" in one and one not in emails):
                yield Finding("user_unknown", setting, {"email": email})
    if len(context.connections) > 1 and any(one.account and one.account.native_sync for one in seen):
        where = next(one.connection for one in seen if one.account and one.account.native_sync)
        yield Finding("native_sync", where)
        if not definition.native_sync_users:
            yield Finding("native_sync_user", "config/definition.yaml: native_sync_users")


def _held(users: Sequence[SourceRecord]) -> tuple[str, ...]:
    """The names of roles and teams that the CRMs hold, the commonest first."""
    counted = Counter(str(name) for user in users for name in user.facts.get("roles") or ())
    return tuple(name for name, _ in counted.most_common(12))


def _listed(context: Context) -> Mapping[str, frozenset[str]]:
    definition, place = context.rules.definition, "config/definition.yaml: "
    found = {f"{place}roles.{role}": who.users for role, who in definition.roles.items()}
    found |= {
        f"{place}{name}": getattr(definition, name)
        for name in ("integration_users", "native_sync_users", "automation_users")
    }
    return {
        **found,
        f"{place}approvers": definition.approvers.users,
        "config/baton.yaml: pilot.owners": context.pilot_owners,
    }


def find_contacts(context: Context, seen: Sequence[Seen]) -> Iterator[Finding]:
    """How calls, mails and meetings are logged, and whether that suffices to call anybody late."""
    users = [record for one in seen for record in one.records(Kind.USER)]
    directory = build_directory(users, context.rules.definition)
    for one in seen:
        yield from _find_logged(context, one, directory)
    logged = [record for one in seen for record in one.records(Kind.ACTIVITY)]
    read = [one for one in seen if one.error is None]
    if read and not logged:
        yield Finding("logging_none", "connections")
    elif len(logged) >= FEW and not any(record.facts.get("type") == "email" for record in logged):
        yield Finding("mail_silent", "connections", {"count": len(logged)})
    yield from _find_thin(context, read, directory)


def _find_logged(context: Context, seen: Seen, directory: Directory) -> Iterator[Finding]:
    records = list(seen.records(Kind.ACTIVITY))
    if not records:
        return
    types = Counter(str(record.facts.get("type")) for record in records)
    makers = Counter(str(record.facts.get("created_by")) for record in records)
    told = {
        "count": len(records),
        "types": dict(types.most_common()),
        "content": f"{_share(records, 'has_content'):.0%}",
        "automated": f"{_share(records, 'automated'):.0%}",
        "makers": tuple((_name(maker, directory), count) for maker, count in makers.most_common(5)),
    }
    yield Finding("logging", seen.connection, told)
    mails = [record for record in records if record.facts.get("type") == "email"]
    if len(mails) >= FEW and _share(mails, "has_content") < SILENT:
        yield Finding(
            "mail_without_text", seen.connection, {"count": len(mails), "share": f"{_share(mails, 'has_content'):.0%}"}
        )
    for maker, count in makers.items():
        ref = read_ref(maker) if ":" in maker else None
        colleague = directory.get(ref) if ref else None
        owners = {r.facts.get("owner") for r in records if r.facts.get("created_by") == maker} - {maker, None}
        if (
            count >= FEW
            and count > MACHINE * len(records)
            and len(owners) >= OWNERS
            and not (colleague and colleague.machine)
        ):
            share = f"{count / len(records):.0%}"
            yield Finding(
                "machine_unlisted", seen.connection, {"user": _name(maker, directory), "count": count, "share": share}
            )


def _share(records: Sequence[SourceRecord], fact: str) -> float:
    return sum(bool(record.facts.get(fact)) for record in records) / len(records)


def _name(maker: str, directory: Directory) -> str:
    ref = read_ref(maker) if ":" in maker else None
    colleague = directory.get(ref) if ref is not None else None
    return (colleague.email if colleague else "") or (maker if maker != "None" else "?")


def _find_thin(context: Context, seen: Sequence[Seen], directory: Directory) -> Iterator[Finding]:
    """Where of people who came some days ago hardly anybody has a contact on record, in whichever system."""
    shares: dict[str, tuple[int, int]] = {}
    for one in seen:
        if len(one.asked) >= FEW:
            shares[one.connection] = len(_contacted(context, one, directory)), len(one.asked)
    if shares and all(met < THIN * asked for met, asked in shares.values()):
        for name, (met, asked) in shares.items():
            yield Finding("logging_thin", name, {"met": met, "asked": asked, "share": f"{met / asked:.0%}"})


def _contacted(context: Context, seen: Seen, directory: Directory) -> set[RecordRef]:
    """People of those asked about with a genuine contact on record."""
    found: set[RecordRef] = set()
    for record in seen.contacts:
        if record.kind is not Kind.ACTIVITY or record.deleted:
            continue
        contact = weigh(read_activity(record), directory, context.rules)
        if contact.counts:
            found |= {ref for text in record.facts.get("subjects") or () if (ref := read_ref(text)) is not None}
    return found & set(seen.asked)

"""The proposed folder: what `init` would write, with fields and people as the audit found them.

A doubtful field stands there as a comment: nothing that might be wrong is mapped silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sync.cli.audit_text import TEXTS
from sync.cli.init_files import Answers, make_files
from sync.core.mapping.propose import Candidate, Proposal
from sync.core.mapping.stock import PAIR
from sync.flow.audit import Audit
from sync.report.text import shorten
from sync.wording import Say, speak

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STREAM, _SECTION, _ENTRY = re.compile(r"  (\w+):"), re.compile(r"    (\w+):"), re.compile(r"      (\w+):")
_INSIDE = re.compile(r"インサイド|inside|\b(?:is|sdr|bdr)\b", re.IGNORECASE)
_OUTSIDE = re.compile(r"フィールド|field|外勤|account executive|\b(?:fs|ae)\b", re.IGNORECASE)
_SQL = re.compile(r"\bsql\b|パス済|トスアップ|引き渡し済|sales qualified", re.IGNORECASE)
_PLACE = re.compile(r"^( +)(fix_at: \{salesforce\.Opportunity:)", re.MULTILINE)
_KEPT = 5


def make_proposal(audit: Audit, answers: Answers) -> dict[str, str]:
    """Path in the folder → content; without credentials."""
    files = make_files(adapt(audit, answers))
    del files[".env"]
    for connection in {account.name for account in audit.accounts}:
        name = f"mappings/{connection}.yaml"
        some = {stream.partition(":")[2]: one for stream, one in audit.proposals.items() if stream.startswith(f"{connection}:")}  # fmt: skip
        files[name] = "\n".join(_rewrite(files[name].splitlines(), some, speak(TEXTS, answers.language))) + "\n"
    return _drop_unanswered(audit, files)


def _drop_unanswered(audit: Audit, files: dict[str, str]) -> dict[str, str]:
    """What rests on a field that nobody found stands as a comment too: the folder can be used as it is."""
    if not any(_is_mapped(some, "fs_decision") for some in audit.proposals.values()):
        files["config/baton.yaml"] = _comment_clock(files["config/baton.yaml"], "fs_accept")
    deals = audit.proposals.get("salesforce:Opportunity", {})
    if not _is_mapped(deals, "next_action"):
        files["mappings/handoff.yaml"] = _PLACE.sub(r"\1# \2", files["mappings/handoff.yaml"])
    return files


def _is_mapped(proposals: Mapping[str, Proposal], item: str) -> bool:
    return item in proposals and any(_is_plain(one) for one in proposals[item].sure)


def _comment_clock(text: str, clock: str) -> str:
    inside, lines = False, list[str]()
    for line in text.splitlines():
        inside = line == f"  {clock}:" or (inside and line.startswith("    "))
        lines.append(f"  # {line[2:]}" if inside else line)
    return "\n".join(lines) + "\n"


def adapt(audit: Audit, answers: Answers) -> Answers:
    """What was seen of people and passes; what was not seen stays as answered."""
    inside = tuple(role for role, _ in audit.roles.most_common() if _INSIDE.search(role))[:_KEPT]
    outside = tuple(role for role, _ in audit.roles.most_common() if _OUTSIDE.search(role) and role not in inside)[:_KEPT]  # fmt: skip
    statuses = tuple(dict.fromkeys(one for one in _lead_statuses(audit) if _SQL.search(one)))[:_KEPT]
    moved = any(
        kind == "owner" and old in inside and new in outside for (_, kind, old, new) in audit.stock.moves
    )  # fmt: skip
    seen = {
        "owner": moved,
        "conversion": any(people["converted"] for people in audit.stock.people.values()),
        "opportunity": bool(audit.stock.deals["all"]),
        "status": bool(statuses),
    }
    passes = tuple(one for one in answers.passes if seen.get(one, True)) or answers.passes
    months = [account.fiscal_year_start for account in audit.accounts if account.fiscal_year_start]
    return replace(
        answers,
        inside=inside or answers.inside,
        field=outside or answers.field,
        passes=passes,
        sql_status=statuses or answers.sql_status,
        fiscal_year_start=months[0] if months else answers.fiscal_year_start,
    )


def _lead_statuses(audit: Audit) -> Iterator[str]:
    yield from (value for (stream, value) in audit.stock.stages if stream == "salesforce:Lead")
    yield from (new for (stream, kind, _, new) in audit.stock.moves if stream == "salesforce:Lead" and kind == "status")


def _rewrite(lines: list[str], proposals: Mapping[str, Mapping[str, Proposal]], say: Say) -> Iterator[str]:
    """The shipped mapping with its fields replaced, line by line, so that its comments stay."""
    stream, section, live = "", "", 0
    pending: list[str] = []
    for line in [*lines, ""]:
        if not _ENTRY.match(line):
            yield from _close(pending, section, live)
            pending, live = [], 0
        if found := _STREAM.match(line):
            stream, section = found[1], ""
        elif found := _SECTION.match(line):
            section = found[1]
            if section in ("items", "inputs"):
                pending = [line]
                continue
            line = _adjust(line, section, proposals.get(stream, {}))
        elif section in ("items", "inputs") and (found := _ENTRY.match(line)):
            told = _entry(found[1], proposals.get(stream, {}).get(found[1]), say)
            live += not told.lstrip().startswith("#")
            pending.append(told)
            continue
        if line:
            yield line


def _close(pending: list[str], section: str, live: int) -> Iterator[str]:
    """A section in which nothing is left is empty, not null."""
    if pending:
        yield pending[0] if live else f"    {section}: {{}}"
        yield from pending[1:]


def _adjust(line: str, section: str, proposals: Mapping[str, Proposal]) -> str:
    """What names a field beside the items."""
    if section == "source_field":
        found = proposals.get("lead_source")
        if found is None or not found.sure:
            return f"    # {line.strip()}"
        return f"    source_field: {found.sure[0].field}"
    return f"    # {line.strip()}" if section == "approval" else line


def _entry(item: str, proposal: Proposal | None, say: Say) -> str:
    sure = [one for one in proposal.sure if _is_plain(one)] if proposal else []
    if sure:
        return f"      {item}: {_value(sure)}    # {_mark('mark_sure', sure[0], say)}"
    if proposal and (doubt := [one for one in (*proposal.sure, *proposal.doubtful) if _is_plain(one)]):
        return f"      # {item}: {_value(doubt[:1])}    # {_mark('mark_doubt', doubt[0], say)}"
    return f"      # {item}:    # {say('mark_waiver' if item.startswith('waiver_') else 'mark_none')}"


def _mark(key: str, one: Candidate, say: Say) -> str:
    return say(key, label=shorten(one.label or one.field, 40), confidence=f"{one.confidence:.0%}")


def _value(fields: list[Candidate]) -> str:
    family, pair, given = fields[0].field.partition(PAIR)
    if pair:
        return f"{{family: {family}, given: {given}}}"
    return fields[0].field if len(fields) == 1 else f"[{', '.join(one.field for one in fields)}]"


def _is_plain(one: Candidate) -> bool:
    """Whether it can be written as the name of a field."""
    return all(_FIELD.fullmatch(name) for name in one.field.split(PAIR))

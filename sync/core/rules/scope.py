"""Whether a handoff is one that Baton judges at all."""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.mapping.activity import read_ref
from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.model.handoff import PassFinding
from sync.core.model.records import Kind, SourceRecord
from sync.core.rules.evidence import Evidence, has_role, owner_has_role
from sync.core.rules.owner import owner_changes
from sync.core.rules.passing import was_passed_before

CARD = "business_card"


def judge_scope(evidence: Evidence, passed: PassFinding | None) -> str:
    """Why it is out of scope, in a few English words (a company's own reason in its language); empty when it is in."""
    scope = evidence.rules.definition.scope
    reason = _over(evidence) or _kind(evidence, passed)
    if reason:
        return reason
    if passed is not None and passed.at is not None and passed.at < scope.enforce_from:
        return "passed before flags.enforce_from"
    return _excluded(evidence)


def judge_history(evidence: Evidence, passed: PassFinding | None) -> str:
    """Why it counts in no rate, likewise: what is over or was passed before flags are enforced is history and counts."""
    return _kind(evidence, passed) or _excluded(evidence)


def judge_stage(evidence: Evidence) -> str:
    """Why a contact is out of scope and counts in no rate by its stage alone, whatever else is known of it; empty for
    every other handoff."""
    anchor, stream = evidence.anchor, evidence.stream
    if evidence.is_deal or evidence.is_lead(anchor):
        return ""
    stage = _text(anchor, stream.stage_field if stream else None)
    if _is_in(stage, evidence.rules.definition.scope.contact_stages):
        return ""
    return f"the stage {stage or 'is empty or unreadable and'} is not in scope.contact_stages"


def _over(evidence: Evidence) -> str:
    """Whether there is nothing left to do."""
    anchor = evidence.anchor
    if evidence.is_deal:
        return "the opportunity is closed" if anchor.facts.get("closed") else ""
    if not evidence.is_lead(anchor):
        return ""
    if anchor.facts.get("converted"):
        return "converted without an opportunity"
    status = _text(anchor, evidence.stream.stage_field if evidence.stream else None)
    if _is_in(status, evidence.rules.definition.scope.closed_lead_statuses):
        return f"the lead is closed: {status}"
    return ""


def _kind(evidence: Evidence, passed: PassFinding | None) -> str:
    """Whether it is one that inside sales hands over at all."""
    if evidence.is_deal:
        return _deal(evidence)
    reason = _lead(evidence, passed) if evidence.is_lead(evidence.anchor) else judge_stage(evidence)
    if not reason and _is_card_of_fs(evidence, evidence.anchor):
        return "a business card of FS"
    return reason


def _excluded(evidence: Evidence) -> str:
    """By a condition of the company's own."""
    scope = evidence.rules.definition.scope
    left_out = next((one for one in scope.exclude if one.when.judge(evidence) is True), None)
    return left_out.reason.in_(evidence.rules.language) if left_out is not None else ""


def _lead(evidence: Evidence, passed: PassFinding | None) -> str:
    lead = evidence.anchor
    # One that FS returned may still be in the name of FS when the customer asks again.
    if passed is None and owner_has_role(lead, "FS", evidence.directory) and not was_passed_before(evidence):
        return "owned by FS from the start, without a pass"
    return ""


def _deal(evidence: Evidence) -> str:
    deal, scope, stream = evidence.anchor, evidence.rules.definition.scope, evidence.stream
    for name in stream.deal_type_fields if stream else ():
        deal_type = _text(deal, name)
        if _is_in(deal_type, scope.excluded_deal_types):
            return f"the opportunity's type is {deal_type}"
    leads = list(evidence.converted_leads())
    source = _source(evidence, leads)
    if _is_in(source, scope.partner_sources):
        return f"the lead source is {source}"
    account_type = _account_type(evidence)
    if _is_in(account_type, scope.partner_account_types):
        return f"the account's type is {account_type}"
    if not _touched_by_is(evidence) and all(_is_card_of_fs(evidence, lead) for lead in leads):
        return "no converted lead and no activity of IS"
    return ""


def _is_card_of_fs(evidence: Evidence, person: SourceRecord) -> bool:
    """A card that FS exchanged or was given at once, and that IS had nothing to do with: it was never handed over."""
    source, directory = evidence.items.get("lead_source"), evidence.directory
    if source is None or not source.state.usable or source.value != CARD or not owner_has_role(person, "FS", directory):
        return False
    changes = owner_changes(evidence, person)
    ever = all(has_role(user, "FS", directory) for change in changes for user in (change.old_owner, change.new_owner))
    return ever and not _touched_by_is(evidence)


def _source(evidence: Evidence, leads: Iterable[SourceRecord]) -> str:
    for record in (evidence.anchor, *leads):
        stream = evidence.stream_of(record)
        source = _text(record, stream.source_field if stream else None)
        if source:
            return source
    return ""


def _account_type(evidence: Evidence) -> str:
    ref = read_ref(evidence.anchor.facts.get("account"))
    account = evidence.case.records.get(ref) if ref is not None else None
    return str(account.facts.get("type") or "") if account is not None and account.kind is Kind.ACCOUNT else ""


def _touched_by_is(evidence: Evidence) -> bool:
    return any(contact.actor is not None and "IS" in contact.actor.roles for contact in evidence.contacts)


def _text(record: SourceRecord, field: str | None) -> str:
    value = record.values.get(field) if field else None
    return value.strip() if isinstance(value, str) else ""


def _is_in(value: str, listed: frozenset[str]) -> bool:
    return bool(value) and fold(value) in fold_all(listed)

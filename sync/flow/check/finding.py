"""What `baton check` may find, by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """What a finding means for going on."""

    ERROR = "error"
    """Something would not work, or be wrong, until it is put right."""
    WARNING = "warning"
    """It works, and less well than it could."""
    INFO = "info"
    """Good to know."""


class Group(StrEnum):
    """What a finding is about, in the order in which it is told."""

    FILES = "files"
    CONNECTION = "connection"
    FIELDS = "fields"
    RIGHTS = "rights"
    ITEMS = "items"
    PEOPLE = "people"
    SCOPE = "scope"
    CONTACTS = "contacts"
    CLOCKS = "clocks"
    BUDGET = "budget"
    FACTS = "facts"


@dataclass(frozen=True, slots=True)
class Kind:
    severity: Severity
    group: Group
    unusable: bool = False
    """The configuration cannot be used at all: exit 2."""


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

KINDS: Mapping[str, Kind] = {
    "config": Kind(_E, Group.FILES, unusable=True),
    "secret_missing": Kind(_E, Group.FILES, unusable=True),
    "store": Kind(_E, Group.FILES, unusable=True),
    "secret_open": Kind(_W, Group.FILES),
    "refused": Kind(_E, Group.CONNECTION),
    "unreachable": Kind(_E, Group.CONNECTION),
    "other_tenant": Kind(_E, Group.CONNECTION),
    "production_refused": Kind(_E, Group.CONNECTION),
    "production_observed": Kind(_I, Group.CONNECTION),
    "scope_missing": Kind(_E, Group.CONNECTION),
    "rights_unknown": Kind(_I, Group.CONNECTION),
    "clocks_apart": Kind(_E, Group.CONNECTION),
    "clock_skew": Kind(_W, Group.CONNECTION),
    "account": Kind(_I, Group.CONNECTION),
    "object_missing": Kind(_E, Group.FIELDS),
    "object_unanswered": Kind(_E, Group.FIELDS),
    "object_off": Kind(_W, Group.FIELDS),
    "history_off": Kind(_I, Group.FIELDS),
    "field_unreadable": Kind(_E, Group.FIELDS),
    "field_unreadable_spare": Kind(_W, Group.FIELDS),
    "field_type": Kind(_W, Group.FIELDS),
    "fact_unreadable": Kind(_W, Group.FIELDS),
    "flag_missing": Kind(_E, Group.FIELDS),
    "flag_readonly": Kind(_E, Group.FIELDS),
    "flag_type": Kind(_E, Group.FIELDS),
    "flag_short": Kind(_E, Group.FIELDS),
    "flag_options": Kind(_E, Group.FIELDS),
    "flag_record_type": Kind(_W, Group.FIELDS),
    "object_readonly": Kind(_E, Group.RIGHTS),
    "rights_wide": Kind(_I, Group.RIGHTS),
    "sharing": Kind(_W, Group.RIGHTS),
    "record_unshared": Kind(_E, Group.RIGHTS),
    "record_unseen": Kind(_W, Group.RIGHTS),
    "record_readonly": Kind(_E, Group.RIGHTS),
    "item_unmapped": Kind(_E, Group.ITEMS),
    "item_unmapped_automatic": Kind(_W, Group.ITEMS),
    "item_stuck": Kind(_W, Group.ITEMS),
    "choice_unknown": Kind(_W, Group.ITEMS),
    "answer_unknown": Kind(_W, Group.ITEMS),
    "role_empty": Kind(_E, Group.PEOPLE),
    "user_unknown": Kind(_W, Group.PEOPLE),
    "native_sync": Kind(_W, Group.PEOPLE),
    "native_sync_user": Kind(_W, Group.PEOPLE),
    "machine_unlisted": Kind(_W, Group.PEOPLE),
    "scope_count": Kind(_I, Group.SCOPE),
    "scope_empty": Kind(_W, Group.SCOPE),
    "stage_unknown": Kind(_W, Group.SCOPE),
    "pass_status_unknown": Kind(_W, Group.SCOPE),
    "contact_roles": Kind(_W, Group.SCOPE),
    "fiscal_year": Kind(_W, Group.SCOPE),
    "logging": Kind(_I, Group.CONTACTS),
    "logging_none": Kind(_W, Group.CONTACTS),
    "logging_thin": Kind(_W, Group.CONTACTS),
    "mail_silent": Kind(_W, Group.CONTACTS),
    "mail_without_text": Kind(_W, Group.CONTACTS),
    "clock_blind": Kind(_E, Group.CLOCKS),
    "clock_no_owner_times": Kind(_W, Group.CLOCKS),
    "clock_sources": Kind(_I, Group.CLOCKS),
    "calendar_no_holidays": Kind(_W, Group.CLOCKS),
    "calendar_past": Kind(_I, Group.CLOCKS),
    "calendar_year_end": Kind(_I, Group.CLOCKS),
    "budget": Kind(_I, Group.BUDGET),
    "budget_short": Kind(_W, Group.BUDGET),
    "budget_others": Kind(_W, Group.BUDGET),
    "probe_alike": Kind(_I, Group.FACTS),
    "probe_unlike": Kind(_E, Group.FACTS),
    "probe_owner_moved": Kind(_E, Group.FACTS),
    "probe_automation": Kind(_W, Group.FACTS),
    "probe_visible": Kind(_I, Group.FACTS),
    "probe_not_visible": Kind(_W, Group.FACTS),
    "probe_identical": Kind(_I, Group.FACTS),
    "probe_missing": Kind(_I, Group.FACTS),
    "probe_missing_unclear": Kind(_W, Group.FACTS),
    "probe_impossible": Kind(_W, Group.FACTS),
    "probe_failed": Kind(_E, Group.FACTS),
    "probe_not_restored": Kind(_E, Group.FACTS),
    "unprobed": Kind(_I, Group.FACTS),
}
"""Ids are permanent: people and machines refer to them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen. Texts are made of `parts` elsewhere, in the company's language."""

    id: str
    where: str
    """A file with its line, a setting, `connection:object.field`, a record or a connection."""
    parts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def kind(self) -> Kind:
        return KINDS[self.id]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By group, the grave ones first, each once."""
    groups, severities, ids = list(Group), list(Severity), list(KINDS)
    unique = {(one.id, one.where, str(sorted(one.parts.items()))): one for one in findings}
    return sorted(
        unique.values(),
        key=lambda one: (
            groups.index(one.kind.group),
            severities.index(one.kind.severity),
            ids.index(one.id),
            one.where,
        ),
    )

"""Who has which role, and who is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sync.core.model.absence import Absence
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.reconcile.directory import build_directory
from sync.core.rules.definition import RoleSpec
from tests.handoffs import Crm, at, settings


def test_roles_come_from_names_in_any_case_and_are_shared_by_e_mail() -> None:
    crm = Crm()
    crm.user("suzuki", ["inside sales"])
    owner = crm.user("suzuki", [], connection="hubspot")
    crm.change(owner, facts={"email": " Suzuki@Ours.Example.jp"})
    other = crm.user("tanaka", ["Marketing"], connection="hubspot")
    directory = build_directory([r for r in crm.records.values() if r.kind is Kind.USER], settings().rules.definition)
    assert directory[owner].roles == {"IS"}
    assert directory[other].roles == frozenset()
    assert directory[owner].groups == {"inside sales"}
    assert directory[other].groups == {"marketing"}, "whether or not the definition knows it"


def test_users_without_e_mail_share_nothing() -> None:
    crm = Crm()
    one, two = crm.user("a", ["IS"]), crm.user("b", [])
    for ref in (one, two):
        crm.change(ref, facts={"email": ""})
    directory = build_directory([crm.records[one], crm.records[two]], settings().rules.definition)
    assert directory[one].roles == {"IS"}
    assert directory[two].roles == directory[two].groups == frozenset()


def test_listed_users_are_people_or_machines_and_the_deleted_are_inactive() -> None:
    crm = Crm()
    definition = replace(
        settings().rules.definition,
        roles={"IS": RoleSpec(users=frozenset({"boss@ours.example.jp"}))},
        native_sync_users=frozenset({"sync@ours.example.jp"}),
    )
    gone = RecordRef("salesforce", "User", "boss")
    crm.change(gone, deleted=True)
    directory = build_directory([r for r in crm.records.values() if r.kind is Kind.USER], definition)
    assert directory[gone].roles == {"IS"} and not directory[gone].active
    assert directory[RecordRef("salesforce", "User", "sync")].machine
    assert not directory[RecordRef("salesforce", "User", "is1")].machine


def away(owner: RecordRef, number: int, start: object, end: object, *, deleted: bool = False) -> SourceRecord:
    facts = {"owner": str(owner), "from": start, "until": end}
    return SourceRecord(
        RecordRef("salesforce", "Event", f"E{number}"), Kind.ABSENCE, at("10-01 09:00"), facts=facts, deleted=deleted
    )


def test_absences_are_their_owner_s_in_both_systems() -> None:
    crm = Crm()
    here, there, other = crm.user("suzuki", []), crm.user("suzuki", [], connection="hubspot"), crm.user("tanaka", [])
    absences = [
        away(here, 1, "2026-10-06", "2026-10-07"),
        away(here, 2, "2026-10-09T01:00:00Z", "2026-10-09T02:00:00Z"),
        away(here, 3, "2026-10-12", "2026-10-12", deleted=True),
        away(RecordRef("salesforce", "User", "nobody"), 4, "2026-10-12", "2026-10-12"),
    ]
    directory = build_directory([*crm.records.values(), *absences], settings().rules.definition)
    assert directory[here].absences == directory[there].absences == (
        Absence(datetime(2026, 10, 6), datetime(2026, 10, 8)),
        Absence(datetime(2026, 10, 9, 1, tzinfo=UTC), datetime(2026, 10, 9, 2, tzinfo=UTC)),
    )  # fmt: skip
    assert directory[other].absences == ()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, None),
        ("soon", "later"),
        ("2026-10-06", None),
        ("2026-10-08", "2026-10-06"),
        ("2026-10-06T02:00:00Z", "2026-10-06T01:00:00Z"),
        ("2026-10-06", "2026-10-07T01:00:00Z"),
        ("2026-10-06", "9999-12-31"),
        (5, []),
    ],
)
def test_what_cannot_be_read_takes_no_time_off(start: object, end: object) -> None:
    crm = Crm()
    user = crm.user("suzuki", [])
    directory = build_directory([crm.records[user], away(user, 1, start, end)], settings().rules.definition)
    assert directory[user].absences == ()


def test_users_without_e_mail_have_absences_of_their_own() -> None:
    crm = Crm()
    one, two = crm.user("a", []), crm.user("b", [])
    for ref in (one, two):
        crm.change(ref, facts={"email": ""})
    known = [crm.records[one], crm.records[two], away(one, 1, "2026-10-06", "2026-10-06")]
    directory = build_directory(known, settings().rules.definition)
    assert (len(directory[one].absences), len(directory[two].absences)) == (1, 0)

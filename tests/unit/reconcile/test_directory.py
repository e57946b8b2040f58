"""Who has which role."""

from __future__ import annotations

from dataclasses import replace

from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.directory import build_directory
from sync.core.rules.definition import RoleSpec
from tests.handoffs import Crm, settings


def test_roles_come_from_names_in_any_case_and_are_shared_by_e_mail() -> None:
    crm = Crm()
    crm.user("suzuki", ["inside sales"])
    owner = crm.user("suzuki", [], connection="hubspot")
    other = crm.user("tanaka", ["Marketing"], connection="hubspot")
    directory = build_directory([r for r in crm.records.values() if r.kind is Kind.USER], settings().rules.definition)
    assert directory[owner].roles == {"IS"}
    assert directory[other].roles == frozenset()


def test_users_without_e_mail_share_nothing() -> None:
    crm = Crm()
    one, two = crm.user("a", ["IS"]), crm.user("b", [])
    for ref in (one, two):
        crm.change(ref, facts={"email": ""})
    directory = build_directory([crm.records[one], crm.records[two]], settings().rules.definition)
    assert directory[one].roles == {"IS"}
    assert directory[two].roles == frozenset()


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

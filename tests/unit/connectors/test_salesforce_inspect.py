"""What `check` and `setup` are told of an org that leaves some of their questions unanswered: nothing, not "no"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from connectors.salesforce.findings import Findings
from connectors.salesforce.inspect import Inspector
from sync.core.model.records import Kind
from sync.errors import BatonError, StreamUnavailable, TransientError
from sync.inspection import ObjectFacts
from sync.ports import StreamSpec

LEADS = StreamSpec("Lead", Kind.PERSON, (), carries_flags=True)
TYPES = {"012000000000001AAA": "Web", "012000000000002AAA": "Partner"}
STATUS = {"name": "Baton_Status__c", "type": "picklist", "updateable": True, "picklistValues": []}
BUSY = TransientError("busy")


class Org:
    """Answers a describe with two record types, and of the rest what it is told to."""

    user_id = "005000000000001AAA"

    def __init__(
        self,
        rights: Any = ({"SobjectType": "Lead"},),
        everything: Any = (),
        sharing: Any = ({"QualifiedApiName": "Lead", "InternalSharingModel": "Private"},),
        refused: Sequence[str] = (),
        listed: Sequence[str] = ("Lead",),
    ) -> None:
        self.told = [one if isinstance(one, BatonError) else {"records": one} for one in (rights, everything, sharing)]
        self.refused, self.listed = refused, listed

    def compose(self, paths: Sequence[str], streams: Sequence[str]) -> list[Any]:
        infos = [{"name": name, "recordTypeId": id_, "active": True} for id_, name in TYPES.items()]
        return [{"fields": [STATUS], "recordTypeInfos": infos}, *self.told]

    def describe(self, stream: str) -> Any:
        raise StreamUnavailable(stream, "not found", certain=False)

    def get(self, path: str, query: Mapping[str, str] | None = None, *, stream: str) -> Any:
        if path == "sobjects/":
            return {"sobjects": [{"name": name} for name in self.listed]}
        if any(one in path for one in self.refused):
            raise StreamUnavailable(stream, "not found", certain=False)
        return {"picklistFieldValues": {"Baton_Status__c": {"values": [{"value": "ready"}]}}}


def look(org: Org) -> ObjectFacts:
    found = Inspector(org, None).objects([LEADS])["Lead"]  # type: ignore[arg-type]  # the calls that it makes
    assert isinstance(found, ObjectFacts)
    return found


@pytest.mark.parametrize("unanswered", ["everything", "sharing"])
def test_who_sees_what_is_unknown_where_a_part_of_the_question_was_not_answered(unanswered: str) -> None:
    gap: dict[str, Any] = {unanswered: BUSY}
    assert look(Org()).sees_all is False
    assert look(Org(**gap)).sees_all is None
    by_right = ({"SobjectType": "Lead", "PermissionsViewAllRecords": True},)
    assert look(Org(rights=by_right, **gap)).sees_all is True


def test_what_one_part_grants_is_known_whatever_the_other_does_not_say() -> None:
    assert look(Org(everything=({"PermissionsViewAllData": True},), sharing=BUSY)).sees_all is True
    shared = ({"QualifiedApiName": "Lead", "InternalSharingModel": "ReadWrite"},)
    assert look(Org(everything=BUSY, sharing=shared)).sees_all is True
    assert look(Org(sharing=())).sees_all is None
    by_parent = ({"QualifiedApiName": "Lead", "InternalSharingModel": "ControlledByParent"},)
    assert look(Org(sharing=by_parent)).sees_all is None, "the parent's own answer tells"


def test_a_record_type_that_is_not_answered_takes_no_other_along() -> None:
    assert set(look(Org()).record_types) == {"Web", "Partner"}
    assert set(look(Org(refused=["012000000000001AAA"])).record_types) == {"Partner"}


@pytest.mark.parametrize("ask", ["described", "record_types"])
def test_an_object_is_absent_only_where_the_org_does_not_list_it(ask: str) -> None:
    """Setup would leave out the rights to its standard fields, or the values of its record types, and call it done."""
    absent, doubtful = (
        Findings(Org(refused=["query"], listed=listed))  # type: ignore[arg-type]  # the calls that it makes
        for listed in (("Account",), ("Lead", "RecordType"))
    )
    assert getattr(absent, ask)("Lead") == {}
    with pytest.raises(TransientError, match="not known"):
        getattr(doubtful, ask)("Lead")

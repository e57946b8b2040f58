"""Flags and their wire forms: there and back without a loss, and nothing but flags."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hubspot import fields as hubspot
from connectors.salesforce import fields as salesforce
from sync.core.model.flags import CHOICES, FLAG_FIELDS, NO_FLAGS, FlagField, Flags, FlagType, fields_on
from sync.core.model.records import Kind
from sync.errors import BugError

MODULES = (salesforce, hubspot)
STREAMS = (("Lead", Kind.PERSON), ("Opportunity", Kind.DEAL))


def to_wire(module: Any, flags: Flags) -> Any:
    return module.to_wire(flags, "Lead") if module is salesforce else module.to_wire(flags)


def values(flag: FlagField) -> st.SearchStrategy[Any]:
    instants = st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}" if at.year > 1970 else "2026-10-06T06:00:00Z")
    texts = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=("Cs",)), min_size=1, max_size=50)
    kinds: dict[FlagType, st.SearchStrategy[Any]] = {
        FlagType.CHOICE: st.sampled_from(flag.choices or ("x",)),
        FlagType.MULTI_CHOICE: st.lists(st.sampled_from(("pain", "timing", "need")), min_size=1, unique=True).map(
            ";".join
        ),
        FlagType.NUMBER: st.integers(0, 99),
        FlagType.INSTANT: instants,
        FlagType.TEXT: texts,
        FlagType.LONG_TEXT: texts,
    }
    return st.none() | kinds[flag.type]


@pytest.mark.parametrize("module", MODULES)
@given(flags=st.fixed_dictionaries({flag.name: values(flag) for flag in fields_on(Kind.PERSON)}))
def test_what_is_written_is_read_back(module: Any, flags: dict[str, Any]) -> None:
    assert module.from_wire(to_wire(module, flags)) == {**NO_FLAGS, **flags}


@given(flags=st.fixed_dictionaries({flag.name: values(flag) for flag in fields_on(Kind.DEAL)}))
def test_what_is_written_on_a_deal_is_read_back(flags: dict[str, Any]) -> None:
    assert salesforce.from_wire(salesforce.to_wire(flags, "Opportunity")) == {**NO_FLAGS, **flags}


def test_every_object_has_the_fields_of_its_kind_and_no_other() -> None:
    for stream, kind in STREAMS:
        assert list(salesforce.wire_names(stream)) == [flag.name for flag in fields_on(kind)]
    assert list(hubspot.wire_names()) == [flag.name for flag in fields_on(Kind.PERSON)]
    assert "Baton_Brief__c" not in salesforce.to_wire(NO_FLAGS, "Lead")
    assert "baton_brief" not in hubspot.to_wire(NO_FLAGS)
    for module in MODULES:
        with pytest.raises(BugError):
            to_wire(module, {"brief": "課題：…"})


def test_what_is_there_by_choice_can_be_written_only_where_it_was_chosen() -> None:
    minutes = frozenset({"minutes"})
    for module, own in ((salesforce, ("Lead", "Opportunity")), (hubspot, ("contacts",))):
        for name in own:
            at = (name,) if module is salesforce else ()
            there, chosen = module.wire_names(*at), module.wire_names(*at, minutes)
            assert chosen.keys() - there.keys() == {"is_minutes", "fs_minutes"}
            assert module.to_wire({"is_minutes": 7}, *at, minutes) in (
                {"Baton_IS_Minutes__c": 7}, {"baton_is_minutes": "7"},
            )  # fmt: skip
            for switch in (frozenset(), frozenset({"attempts", "ng_reference"})):
                with pytest.raises(BugError):
                    module.to_wire({"is_minutes": 7}, *at, switch)
    assert "ng_reference" in salesforce.wire_names("Opportunity", CHOICES)
    assert "ng_reference" not in {**salesforce.wire_names("Lead", CHOICES), **hubspot.wire_names(CHOICES)}


@pytest.mark.parametrize("module", MODULES)
def test_only_what_was_asked_is_sent(module: Any) -> None:
    assert list(to_wire(module, {"status": "ready"})) == [module.WIRE_NAMES["status"]]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("name", ["Email", "email", "Baton_Status__c", "baton_status", "lifecyclestage", ""])
def test_any_other_name_is_a_bug(module: Any, name: str) -> None:
    with pytest.raises(BugError):
        to_wire(module, {"status": "ready", name: "x"})


@pytest.mark.parametrize("module", MODULES)
def test_a_record_without_our_fields_has_no_flags(module: Any) -> None:
    assert module.from_wire({}) == NO_FLAGS


def test_names_are_those_of_the_installation_guide() -> None:
    assert {
        name: salesforce.WIRE_NAMES[name] for name in ("status", "sql_verdict", "is_sla", "fs_due", "missing_at_pass")
    } == {
        "status": "Baton_Status__c",
        "sql_verdict": "Baton_SQL_Verdict__c",
        "is_sla": "Baton_IS_SLA__c",
        "fs_due": "Baton_FS_Due__c",
        "missing_at_pass": "Baton_Missing_At_Pass__c",
    }
    assert hubspot.WIRE_NAMES["is_sla"] == "baton_is_sla"
    assert all(len(name) <= 43 for name in salesforce.WIRE_NAMES.values())


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        (3.0, "missing_count", 3),
        ("2026-11-20T09:15:02.000+0000", "is_due", "2026-11-20T09:15:02Z"),
        ("a\r\nb", "note", "a\nb"),
        ("", "note", None),
    ],
)
def test_salesforces_forms_are_canonical_again(raw: object, name: str, value: object) -> None:
    assert salesforce.from_wire({salesforce.WIRE_NAMES[name]: raw})[name] == value


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        ("3", "missing_count", 3),
        ("3.0", "missing_count", 3),
        ("1773300826615", "is_due", "2026-03-12T07:33:46Z"),
        ("2026-03-12T10:00:00.000Z", "is_due", "2026-03-12T10:00:00Z"),
        (";pain;timing", "missing_items", "pain;timing"),
        ("", "note", None),
    ],
)
def test_hubspots_forms_are_canonical_again(raw: object, name: str, value: object) -> None:
    assert hubspot.from_wire({hubspot.WIRE_NAMES[name]: raw})[name] == value


def test_every_flag_has_a_field_to_be_created(request: pytest.FixtureRequest) -> None:
    for flag in FLAG_FIELDS:
        metadata = salesforce.field_metadata(flag, ("pain",))
        assert metadata["label"] == flag.label_ja
        if Kind.PERSON not in flag.on:
            continue
        body = hubspot.property_body(flag, ("pain",))
        assert body["label"] == flag.label_ja
        if flag.type in (FlagType.CHOICE, FlagType.MULTI_CHOICE):
            wanted = list(flag.choices) or ["pain"]
            assert [one["value"] for one in body["options"]] == wanted
            assert [one["fullName"] for one in metadata["valueSet"]["valueSetDefinition"]["value"]] == wanted

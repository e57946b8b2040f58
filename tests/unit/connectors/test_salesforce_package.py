"""What setup deploys to an org: sound by the schema of the Metadata API, and with nothing in it that is not ours."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connectors.salesforce.component import (
    FIELD,
    INTEGRATION,
    MANAGER,
    NG,
    RULE,
    SET,
    VIEWER,
    Component,
    Known,
    components,
    rule_name,
)
from connectors.salesforce.formula import LONGEST
from connectors.salesforce.package import metadata_files, removal_files, source_files, translated_files, zip_files
from connectors.salesforce.xml import NAMESPACE, write_xml
from sync.app import read_settings
from sync.core.mapping.normalise.text import clean, is_follow_up
from sync.core.mapping.spec import Text
from sync.core.model.flags import CHOICES
from sync.flow.outfit import Book, Wishes, design
from sync.outfit import Outfit
from sync.settings import Settings
from tests.metadata_schema import find_faults

VERSION = "62.0"
NASTY = "A&B <予算> \"'\x0b\ud800 &amp;"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return read_settings(Path(__file__).parents[3] / "examples" / "saas-jp")


def outfit(settings: Settings, *, items: bool = True, rules: bool = True, **changes: object) -> Outfit:
    book = Book(settings.mapping, replace(settings.rules, **changes), settings.tables)  # type: ignore[arg-type]  # fields of RuleSet
    return design("salesforce", book, Wishes(items, rules))


def every_file(one: Outfit) -> Iterator[tuple[str, bytes]]:
    parts = components(one)
    yield from metadata_files(parts, VERSION).items()
    yield from source_files(parts, VERSION).items()
    for language in ("ja", "en"):
        yield from translated_files(parts, language, VERSION).items()
    yield from removal_files([(part.type, part.name) for part in parts], VERSION).items()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("chosen", [frozenset(), CHOICES], ids=["shipped", "all by choice"])
@pytest.mark.parametrize(("items", "rules"), [(False, False), (True, False), (True, True)])
def test_every_document_is_sound(
    settings: Settings, language: str, chosen: frozenset[str], items: bool, rules: bool
) -> None:
    one = outfit(settings, items=items, rules=rules, language=language, chosen=chosen)
    documents = {name: content for name, content in every_file(one) if not name.endswith(".json")}
    assert {name: faults for name, content in documents.items() if (faults := find_faults(content))} == {}
    assert len(documents) > 50


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"type": "Picklisd", "label": "x"}, "Picklisd"),
        ({"type": "Text", "label": "x", "lenght": 3}, "lenght"),
        ({"type": "Text", "label": "x", "length": "many"}, "many"),
        ({"type": "Checkbox", "label": "x", "required": "perhaps"}, "perhaps"),
    ],
    ids=["bad enum", "unknown element", "bad int", "bad truth"],
)
def test_a_broken_document_is_caught(broken: dict[str, object], told: str) -> None:
    faults = find_faults(write_xml("CustomObject", {"fields": [{"fullName": "A__c", **broken}]}))
    assert faults
    assert told in faults[0]


def test_a_document_without_what_must_be_there_is_caught() -> None:
    assert find_faults(write_xml("ListView", {"fullName": "A", "label": "x"}))


def test_what_operators_call_things_comes_out_as_text(settings: Settings) -> None:
    one = outfit(settings)
    choices = {**one.choices, "missing_items": (replace(one.choices["missing_items"][0], label=Text(NASTY, NASTY)),)}
    documents = metadata_files(components(replace(one, choices=choices)), VERSION)
    found = ElementTree.fromstring(documents["objects/Lead.object"])
    labels = {node.text for node in found.iter(f"{{{NAMESPACE}}}label")}
    assert "A&B <予算> \"' &amp;" in labels
    assert find_faults(documents["objects/Lead.object"]) == []


def find(parts: list[Component], name: str) -> Component:
    return next(part for part in parts if part.name == name)


def test_the_integration_edits_our_fields_and_nothing_else(settings: Settings) -> None:
    node = find(components(outfit(settings)), INTEGRATION).node
    edited = {one["field"] for one in node["fieldPermissions"] if one["editable"]}
    assert edited
    assert {name.partition(".")[2][:6] for name in edited} == {"Baton_"}
    assert "Lead.Pain__c" in {one["field"] for one in node["fieldPermissions"]}
    assert all(not one["allowCreate"] and not one["allowDelete"] for one in node["objectPermissions"])
    assert {one["object"] for one in node["objectPermissions"] if one["allowEdit"]} == {"Lead", "Opportunity"}
    assert {one["object"] for one in node["objectPermissions"]} == {"Account", "Contact", "Lead", "Opportunity"}
    assert "ApiEnabled" in {one["name"] for one in node["userPermissions"]}


def test_fields_that_take_no_permission_are_in_no_set(settings: Settings) -> None:
    """Deploying a permission on a required or system field fails as a whole."""
    listed = {
        one["field"]
        for part in components(outfit(settings))
        if part.type == SET
        for one in part.node["fieldPermissions"]
    }
    assert not listed & {"Lead.Company", "Lead.LastName", "Lead.Status", "Lead.OwnerId", "Opportunity.StageName"}
    assert "User.Email" not in listed


def test_a_field_that_the_org_lacks_is_permitted_to_nobody(settings: Settings) -> None:
    known = Known(readable={"Lead": frozenset({"Title"}), "Opportunity": frozenset()})
    node = find(components(outfit(settings, items=False, rules=False), known), INTEGRATION).node
    read = {one["field"] for one in node["fieldPermissions"] if not one["editable"]}
    assert read == {"Lead.Title"}


def test_minutes_are_for_managers_and_topics_to_avoid_have_a_set_of_their_own(settings: Settings) -> None:
    parts = components(outfit(settings, chosen=CHOICES))
    sets = {part.name: {one["field"] for one in part.node["fieldPermissions"]} for part in parts if part.type == SET}
    assert "Lead.Baton_IS_Minutes__c" in sets[MANAGER] - sets[VIEWER]
    assert "Lead.Baton_Attempts__c" in sets[MANAGER] - sets[VIEWER]
    assert sets[NG] == {"Opportunity.Baton_NG_Reference__c"}
    assert "Opportunity.Baton_NG_Reference__c" not in sets[MANAGER] | sets[VIEWER]


def test_only_approvers_edit_the_approval(settings: Settings) -> None:
    parts = components(outfit(settings))
    editors = {
        part.name
        for part in parts
        if part.type == SET
        for one in part.node["fieldPermissions"]
        if one["field"] == "Lead.Waiver_Approved__c" and one["editable"]
    }
    assert editors == {"Handoff_Approver"}


def test_contacts_are_furnished_where_they_are_a_target(settings: Settings) -> None:
    streams = {
        key: replace(one, carries_flags=one.carries_flags or key[1] == "Contact")
        for key, one in settings.mapping.streams.items()
    }
    book = Book(replace(settings.mapping, streams=streams), settings.rules, settings.tables)
    parts = components(design("salesforce", book))
    assert {"Contact.Baton_Status__c", "Contact.Baton_Overdue"} <= {part.name for part in parts}
    edited = {one["object"] for one in find(parts, INTEGRATION).node["objectPermissions"] if one["allowEdit"]}
    assert edited == {"Lead", "Opportunity", "Contact"}
    assert not [faults for content in metadata_files(parts, VERSION).values() if (faults := find_faults(content))]


def test_two_items_of_one_name_are_told_apart(settings: Settings) -> None:
    items = {**settings.mapping.items, "pain": replace(settings.mapping.items["pain"], label=Text("決裁者", "Pain"))}
    book = Book(replace(settings.mapping, items=items), settings.rules, settings.tables)
    labels = [one.label.ja for one in design("salesforce", book).choices["missing_items"]]
    assert len(labels) == len(set(labels))
    assert {"決裁者", "決裁者（pain）"} <= set(labels)


def test_no_layout_profile_or_record_type_is_ever_deployed(settings: Settings) -> None:
    """Deploying one replaces the company's own."""
    assert {part.type for part in components(outfit(settings, chosen=CHOICES))} == {
        "CustomField", "CustomPermission", "ListView", "PermissionSet", "ValidationRule",
    }  # fmt: skip


def test_picklists_are_unrestricted(settings: Settings) -> None:
    """A record type that does not offer a value of ours must not keep it from being written."""
    sets = [part.node["valueSet"] for part in components(outfit(settings)) if "valueSet" in part.node]
    assert sets
    assert not any(one["restricted"] for one in sets)


def test_input_fields_have_no_prefix_of_ours_and_standard_fields_are_not_made(settings: Settings) -> None:
    made = {part.name for part in components(outfit(settings)) if part.type == FIELD}
    assert "Lead.Decision_Maker__c" in made
    assert not {name for name in made if not name.endswith("__c")}
    bare = {part.name for part in components(outfit(settings, items=False)) if part.type == FIELD}
    assert {name.partition(".")[2][:6] for name in bare} == {"Baton_"}


def test_a_rule_per_item_that_people_type_and_none_on_our_fields(settings: Settings) -> None:
    rules = [part for part in components(outfit(settings)) if part.type == RULE]
    assert {part.own_name for part in rules} == {rule_name(item) for item in settings.mapping.typed}
    for part in rules:
        formula = part.node["errorConditionFormula"]
        assert "Baton_" not in formula.replace("$Permission.Baton_Bypass", "")
        assert formula.startswith("AND(NOT($Permission.Baton_Bypass), ISPICKVAL(Status,")
        assert len(formula) <= LONGEST
        assert len(part.node["errorMessage"]) <= 255


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_a_rule_tells_people_to_write_is_an_answer(settings: Settings, language: str) -> None:
    """Whoever writes it is not asked again."""
    told = [part.translations[language]["errorMessage"] for part in components(outfit(settings)) if part.type == RULE]
    dated = [re.sub("○/○|MM/DD", "12/3", text) for text in told if re.search("○/○|MM/DD", text)]
    replies = {clean(re.findall('『([^』]+)』|"([^"]+)"', text)[-1][language == "en"]) for text in dated}
    assert len(replies) == 1
    assert all(reply and is_follow_up(reply) for reply in replies)


def test_the_rule_follows_the_type_that_the_org_has(settings: Settings) -> None:
    known = Known(types={"Lead.Decision_Maker__c": "Picklist", "Lead.Budget_Status__c": "Text"})
    parts = components(outfit(settings), known)
    assert (
        "ISBLANK(TEXT(Decision_Maker__c))"
        in find(parts, "Lead.Baton_Pass_Decision_Maker").node["errorConditionFormula"]
    )
    assert "TRIM(Budget_Status__c)" in find(parts, "Lead.Baton_Pass_Budget_Status").node["errorConditionFormula"]


def test_many_words_never_make_a_formula_too_long(settings: Settings) -> None:
    one = outfit(settings)
    record = one.records[0]
    rules = tuple(replace(rule, placeholders=tuple(f"仮の語{n}" for n in range(3000))) for rule in record.rules)
    parts = components(replace(one, records=(replace(record, rules=rules),)))
    assert all(len(part.node["errorConditionFormula"]) <= LONGEST for part in parts if part.type == RULE)


@pytest.mark.parametrize("item", ["pain", "決裁者", "a" * 60, "a__b", "Pain", "pain_"])
def test_every_item_gives_a_name_that_salesforce_takes(item: str) -> None:
    name = rule_name(item)
    assert len(name) <= 40
    assert "__" not in name
    assert not name.endswith("_")
    assert name.isascii()
    assert name != rule_name(item + "x")


def test_the_zip_is_the_same_every_time_and_lists_what_it_holds(settings: Settings) -> None:
    files = metadata_files(components(outfit(settings)), VERSION)
    assert zip_files(files) == zip_files(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(zip_files(files))) as archive:
        assert sorted(archive.namelist()) == sorted(files)
    listed = {node.text for node in ElementTree.fromstring(files["package.xml"]).iter(f"{{{NAMESPACE}}}members")}
    assert {"Lead.Baton_Status__c", "Baton_Integration", "Lead.Baton_Overdue"} <= listed

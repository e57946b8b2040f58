"""Conditions, groups, scores and places to type in the operator's files: mistakes first, then what sound ones become."""

from __future__ import annotations

import pytest

from sync.core.mapping.spec import Text, where_to_type

DEFINITION, HANDOFF = "config/definition.yaml", "mappings/handoff.yaml"
PREFERRED = "decision_roles: [Decision Maker, 決裁者]"
SCORE = "  lead_score:\n    as: number\n    label: {ja: スコア, en: Score}\n"


def require(folder, text: str) -> int:
    """Put entries under `requirements`; the line of the first."""
    return folder.edit(HANDOFF, "requirements: []\n", f"requirements:\n{text}") + 1


def item(folder, text: str) -> int:
    return folder.edit(HANDOFF, "  lead_source:\n    as: picklist", f"{text}  lead_source:\n    as: picklist")


def exclude(folder, text: str) -> int:
    shipped = "  exclude: []                 # what else is left out, each with the reason that `explain` gives\n"
    return folder.edit(DEFINITION, shipped, f"  exclude:\n{text}") + 1


@pytest.mark.parametrize(
    ("entry", "offset", "message", "hint"),
    [
        ("  - when: budget_status == 'secure'\n    typed: [budget_amount]\n", 0, "'secure' is no budget_status", "did you mean secured?"),
        ("  - when: budgt_status == 'secured'\n    typed: [budget_amount]\n", 0, "'budgt_status' is no item", "did you mean budget_status?"),
        ("  - when: known(pain) &\n    typed: [budget_amount]\n", 0, "at character 13", "write and"),
        ("  - when: true\n    typed: [budget_amount]\n", 0, "is no condition", "budget_status == 'secured'"),
        ("  - when:\n    typed: [budget_amount]\n", 0, "an empty value is no condition", "budget_status"),
        ("  - when: [known(pain)]\n    typed: [budget_amount]\n", 0, "is no condition", "budget_status"),
        ("  - when: salesforce.Task.Type == 'x'\n    typed: [memo]\n", 0, "salesforce.Task is no stream", "salesforce.Lead"),
        ("  - when: \"'ISS' in owner_roles\"\n    typed: [memo]\n", 0, "'ISS' is no role", "IS"),
        ("  - when: return_reason == 'late'\n    typed: [memo]\n", 0, "'late' is no return_reason", "too_early"),
        ("  - typed: [budget_amount]\n", 0, "requirements[0].when is missing", "when"),
        ("  - when: known(pain)\n", 0, "requires nothing", "typed"),
        ("  - when: known(pain)\n    typd: [memo]\n", 1, "unknown setting", "did you mean typed?"),
        ("  - when: known(pain)\n    typed: [memmo]\n", 1, "'memmo' is no item", "did you mean memo?"),
        ("  - when: known(pain)\n    typed: [memo]\n    optional: [memo]\n", 0, "memo stands in it twice", "one of the lists"),
        ("  - when: known(pain)\n    typed: [company]\n", 1, "'company' has no `ask`", "items.company"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_requirement_is_told_with_its_line(folder, entry, offset, message, hint) -> None:
    line = require(folder, entry)
    told = [problem for problem in folder.problems() if message in problem.message]
    assert told and hint in told[0].hint
    assert told[0].path == f"{HANDOFF}:{line + offset}"


@pytest.mark.parametrize(
    ("section", "message", "hint"),
    [
        ("  pair:\n    all_of: [pain, purpos]\n    label: {ja: 組, en: Pair}\n", "'purpos' is no item", "purpose"),
        ("  pair:\n    all_of: [pain]\n    any_of: [memo]\n    label: {ja: 組, en: Pair}\n", "needs either", "exactly one"),
        ("  pair:\n    all_of: [contact_channel, pain]\n    label: {ja: 組, en: Pair}\n", "is a group itself", "list the items"),
        ("  pair:\n    all_of: [ng_topics, pain]\n    label: {ja: 組, en: Pair}\n", "'ng_topics' is sensitive", "sensitive: true"),
        ("  pair:\n    as: text\n    label: {ja: 組, en: Pair}\n    fix_at: {salesforce.Leed: {ja: 欄, en: there}}\n", "no stream", "salesforce.Lead"),
        ("  pair:\n    as: text\n    label: {ja: 組, en: Pair}\n    fix_at: {salesforce.Lead: {ja: 欄, en: there}}\n", "has no field for pair", "map it in"),
        ("  pair:\n    as: text\n    label: {ja: 組, en: Pair}\n    fix_at: {salesforce.Lead: {ja: 欄}}\n", "en is missing", "en"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_group_or_a_place_is_told_near_its_line(folder, section, message, hint) -> None:
    line = item(folder, section)
    told = [problem for problem in folder.problems() if message in problem.message]
    assert told and hint in told[0].hint
    file, _, number = told[0].path.partition(":")
    assert file == HANDOFF and line <= int(number) <= line + 4


@pytest.mark.parametrize(
    ("entry", "offset", "message", "hint"),
    [
        ("    - when: stage == 'won'\n      reason: {ja: あ, en: a}\n", 0, "'won' is no stage", "opportunity"),
        ("    - when: known(pain)\n", 0, "reason is missing", "reason"),
        ("    - when: known(pain)\n      reason: 競合\n", 1, "reason", ""),
    ],
)
def test_a_mistake_in_an_exclusion_is_told_with_its_line(folder, entry, offset, message, hint) -> None:
    line = exclude(folder, entry)
    told = [problem for problem in folder.problems() if message in problem.message]
    assert told and hint in told[0].hint
    assert told[0].path == f"{DEFINITION}:{line + offset}"


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ("{item: pain, at_least: 70}", "'pain' is no item of mappings/handoff.yaml read as a number"),
        ("{item: lead_score}", "at_least is missing"),
        ("{item: lead_score, at_least: .nan}", "at_least"),
        ("{item: lead_score, at_least: many}", "at_least"),
        ("{item: lead_score, at_least: 70, required: maybe}", "required"),
    ],
)
def test_a_mistake_in_the_score_is_told(folder, score, message) -> None:
    item(folder, SCORE)
    line = folder.edit(DEFINITION, "  need: {}\n", f"  need: {{}}\n  score: {score}\n") + 1
    told = [problem for problem in folder.problems() if message in problem.message]
    assert told and told[0].path == f"{DEFINITION}:{line}"


def test_conditions_are_compiled_and_what_they_look_at_is_read(folder) -> None:
    require(
        folder,
        "  - when: budget_status == 'secured' and hubspot.contacts.country == 'Japan'\n    typed: [budget_amount]\n"
        "  - when: known(pain)\n    automatic: [memo]\n    optional: [timing]\n",
    )
    exclude(
        folder, "    - when: salesforce.Account.Industry == 'Government'\n      reason: {ja: 官公庁, en: government}\n"
    )
    settings = folder.load()
    first, second = settings.rules.requirements
    assert (first.typed, first.when.items) == (("budget_amount",), {"budget_status"})
    assert (second.automatic, second.optional) == (("memo",), ("timing",))
    (excluded,) = settings.rules.definition.scope.exclude
    assert excluded.reason.en == "government"
    streams = settings.mapping.streams
    assert "country" in streams["hubspot", "contacts"].fields
    assert "Industry" in streams["salesforce", "Account"].fields
    assert "Industry" not in streams["salesforce", "Opportunity"].fields


def test_a_deal_type_may_be_one_field_several_or_none(folder) -> None:
    shipped = "deal_type_field: [Type, RecordType.Name]"
    deal = folder.load().mapping.streams["salesforce", "Opportunity"]
    assert deal.deal_type_fields == ("Type", "RecordType.Name") and {*deal.deal_type_fields} <= {*deal.fields}
    folder.edit("mappings/salesforce.yaml", shipped, "deal_type_field: Type")
    assert folder.load().mapping.streams["salesforce", "Opportunity"].deal_type_fields == ("Type",)
    folder.edit("mappings/salesforce.yaml", "deal_type_field: Type", "deal_type_field: null")
    assert folder.load().mapping.streams["salesforce", "Opportunity"].deal_type_fields == ()


def test_an_item_has_its_own_place_or_that_of_the_record_or_none(folder) -> None:
    folder.edit(
        HANDOFF,
        'ja: この商談の「次のステップ」欄, en: the field "Next Step" of this opportunity',
        "ja: 「次のステップ」, en: Next Step",
    )
    mapping = folder.load().mapping
    place = mapping.streams["salesforce", "Lead"].where
    assert where_to_type(mapping, "next_action", ("salesforce", "Opportunity")) == Text("「次のステップ」", "Next Step")
    assert where_to_type(mapping, "next_action", ("salesforce", "Lead")) == place
    assert where_to_type(mapping, "contact_channel", ("salesforce", "Lead")) == place
    assert where_to_type(mapping, "contact_channel", ("salesforce", "Opportunity")) is None
    assert where_to_type(mapping, "decision_maker", ("salesforce", "Contact")) is None
    assert where_to_type(mapping, "no_such", ("salesforce", "Lead")) is None
    assert where_to_type(mapping, "pain", ("salesforce", "Task")) is None


def test_the_hash_knows_conditions_and_not_their_wording(folder) -> None:
    hashes = [folder.load().rules.rules_hash]

    def differs() -> bool:
        hashes.append(folder.load().rules.rules_hash)
        return hashes[-1] != hashes[-2]

    item(folder, SCORE)
    assert differs()
    require(folder, "  - when: known(pain)\n    typed: [memo]\n")
    assert differs()
    folder.edit(HANDOFF, "- when: known(pain)", "- when: known(memo)")
    assert differs()
    exclude(folder, "    - when: known(pain)\n      reason: {ja: 競合, en: a rival}\n")
    assert differs()
    folder.edit(DEFINITION, "en: a rival", "en: a competitor")
    assert not differs()
    folder.edit(DEFINITION, "  need: {}\n", "  need: {required: false}\n")
    assert differs()
    folder.edit(DEFINITION, "  need: {required: false}\n", "  need: {}\n  score: {item: lead_score, at_least: 70}\n")
    assert differs()
    folder.edit(
        DEFINITION, "\n  score: {item: lead_score, at_least: 70}", "\n  score: {item: lead_score, at_least: 71}"
    )
    assert differs()
    folder.edit(
        HANDOFF,
        "    label: {ja: 概算予算, en: Budget amount}\n",
        "    label: {ja: 概算予算, en: Budget amount}\n    fix_at: {salesforce.Lead: {ja: 欄, en: there}}\n",
    )
    assert not differs()

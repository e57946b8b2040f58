"""The SOQL parser: trees, literals, the cache of shapes, and where it points when it refuses."""

from __future__ import annotations

import pytest

from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.soql import parse, parse_exact
from connectors.simulator.salesforce.tree import Call, Condition, Junction, Name, Query

KEYSET = (
    "SELECT Id FROM Lead WHERE (SystemModstamp > {t} OR (SystemModstamp = {t} AND Id > '{id}')) "
    "ORDER BY SystemModstamp, Id LIMIT 2000"
)


def refusal(text: str) -> str:
    with pytest.raises(ApiError) as caught:
        parse(text)
    assert caught.value.code == "MALFORMED_QUERY"
    return caught.value.message


def test_one_shape_with_other_literals_gives_other_values() -> None:
    first = parse(KEYSET.format(t="2026-01-01T00:00:00Z", id="a"))
    second = parse(KEYSET.format(t="2026-01-02T00:00:00Z", id="it\\'s"))
    assert values(first) == ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "a"]
    assert values(second) == ["2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", "it's"]


def values(query: Query) -> list[object]:
    found: list[object] = []

    def walk(node: Condition | Junction) -> None:
        if isinstance(node, Junction):
            for part in node.parts:
                walk(part)
        else:
            found.extend(literal.value for literal in node.values)

    assert query.where is not None
    walk(query.where)
    return found


@pytest.mark.parametrize(
    "text",
    [
        KEYSET.format(t="2026-01-01T00:00:00+09:00", id="x"),
        "select id, Owner.Name from Group where Name like '100\\%' and not (Type in ('Queue', 'Regular'))",
        "SELECT Name, (SELECT Id FROM Tasks WHERE IsClosed = TRUE LIMIT 5) FROM Account a WHERE a.Name != null",
        "SELECT Status s, COUNT(Id) n FROM Lead GROUP BY Status HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC NULLS LAST",
        "SELECT Id FROM Task WHERE ActivityDate >= LAST_N_DAYS:30 AND ActivityDate < 2026-12-01 LIMIT 10 OFFSET 5",
        "SELECT Id FROM Lead WHERE Topics__c INCLUDES ('A;B', 'C') OR NumberOfEmployees = -1.5",
        "SELECT Notes__c, Order__c, From__c, Nulls__c FROM Thing__c WHERE Not__c = 1 AND Null__c = 'x'",
        "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM OpportunityContactRole WHERE Role = '決裁者')",
    ],
)
def test_the_cache_changes_nothing(text: str) -> None:
    parse(text)
    assert without_places(parse(text)) == without_places(parse_exact(text))


def without_places(node: object) -> object:
    """Cached trees know other places in the text, nothing else."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Call):
        return (node.function, without_places(node.argument))
    if isinstance(node, tuple):
        return tuple(without_places(part) for part in node)
    if hasattr(node, "__slots__"):
        return tuple(without_places(getattr(node, name)) for name in type(node).__slots__)
    return node


def test_words_of_the_language_may_start_field_names() -> None:
    query = parse("SELECT Notes__c, Order__c FROM Lead WHERE Not__c = 1 AND Likes__c = 2")
    assert [item.what.text for item in query.items if isinstance(item.what, Name)] == ["Notes__c", "Order__c"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [(r"'it\'s'", "it's"), (r"'a\\b'", "a\\b"), (r"'l1\nl2'", "l1\nl2"), ("'全角　空白'", "全角　空白"), ("''", "")],
)
def test_escapes(literal: str, value: str) -> None:
    assert values(parse(f"SELECT Id FROM Lead WHERE Name = {literal}")) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT FROM Lead",
        "SELECT Id Lead",
        "SELECT Id FROM Lead WHERE Name = 'open",
        "SELECT Id FROM Lead WHERE Name = unquoted",
        "SELECT Id FROM Lead WHERE Name == 'x'",
        "SELECT Id FROM Lead WHERE A = 1 OR B = 2 AND C = 3",
        "SELECT Id FROM Lead WHERE Name = :S0",
        "SELECT Id FROM Lead WHERE Id IN ()",
        "SELECT Id FROM Lead LIMIT",
        "SELECT Id FROM Lead; DELETE",
        "SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01T00:00:00",
        "SELECT TYPEOF What WHEN Account THEN Phone END FROM Event",
        "UPDATE Lead SET Name = 'x'",
        "SELECT Id FROM Lead WHERE Name = '\\q'",
    ],
)
def test_refusals(text: str) -> None:
    assert refusal(text)


def test_the_caret_stands_under_the_place() -> None:
    lines = refusal("SELECT Id\nFROM Lead WHERE Name ? 1").split("\n")
    assert lines[1] == "FROM Lead WHERE Name ? 1"
    assert lines[2] == " " * 21 + "^"
    assert lines[3] == "ERROR at Row:2:Column:22"
    assert lines[4] == "unexpected token: '?'"

"""The condition of a validation rule (source: Salesforce Help, "Formula Operators and Functions")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.salesforce.fields import METADATA_TYPES
from sync.outfit import PassRule

BYPASS = "Baton_Bypass"
"""The custom permission of whoever is not held up."""
LONGEST = 3900
"""Characters of a formula (source: Salesforce Help, "Formula size limits")."""
_MARKS = ("-", "－", "ー", "―", "—", "?", "？", "…", ".", "。", "・", "*", "＊")
"""Typed for nothing at all."""
_PICKLIST, _MULTI = "Picklist", "MultiselectPicklist"
_TEXTS = frozenset({"Text", "TextArea", "LongTextArea", "Html", "Email", "Phone", "Url"})


def condition(rule: PassRule, types: Mapping[str, str]) -> str:
    """True where a record comes to be passed without the item.

    `types`: the org's own types of fields that are of another than setup would make; also of the stage field.
    """
    several = len(rule.any_of) > 1
    room = LONGEST - len(_frame(rule, types, "")) - sum(_cost(name) for name in _names(rule))
    room //= max(1, len(list(_names(rule))))
    words = _fitting(rule.placeholders, room)
    empty = [
        _no_answer(part, types, words)
        for part in ([(a.name, METADATA_TYPES[a.type]) for a in any_] for any_ in rule.any_of)
    ]
    return _frame(rule, types, f"AND({', '.join(empty)})" if several else empty[0])


def _names(rule: PassRule) -> Iterable[str]:
    return (answer.name for part in rule.any_of for answer in part)


def _cost(name: str) -> int:
    """Characters of one field's test, without the words."""
    return len(_unanswered(name, "Text", ())) + 4


def _frame(rule: PassRule, types: Mapping[str, str], test: str) -> str:
    now = _is_one_of(rule.stage_field, rule.stages, types)
    before = _is_one_of(f"PRIORVALUE({rule.stage_field})", rule.stages, types, rule.stage_field)
    return f"AND(NOT($Permission.{BYPASS}), {now}, OR(ISNEW(), NOT({before})), {test})"


def _is_one_of(value: str, stages: Sequence[str], types: Mapping[str, str], field: str = "") -> str:
    picked = types.get(field or value, _PICKLIST) == _PICKLIST
    tests = [f"ISPICKVAL({value}, {_quote(one)})" if picked else f"{value} = {_quote(one)}" for one in stages]
    return tests[0] if len(tests) == 1 else f"OR({', '.join(tests)})"


def _no_answer(part: Sequence[tuple[str, str]], types: Mapping[str, str], words: Sequence[str]) -> str:
    """One part that is empty leaves the whole unanswered."""
    tests = [_unanswered(name, types.get(name, assumed), words) for name, assumed in part]
    return tests[0] if len(tests) == 1 else f"OR({', '.join(tests)})"


def _unanswered(name: str, type_: str, words: Sequence[str]) -> str:
    if type_ == _PICKLIST:
        return f"ISBLANK(TEXT({name}))"
    if type_ == _MULTI or type_ not in _TEXTS:
        return f"ISBLANK({name})"
    listed = _quote("|" + "|".join((*_MARKS, *words)) + "|")
    bare = f'LOWER(SUBSTITUTE(SUBSTITUTE(TRIM({name}), " ", ""), "/", ""))'
    return f'OR(ISBLANK({name}), CONTAINS({listed}, "|" & {bare} & "|"))'


def _fitting(words: Sequence[str], room: int) -> list[str]:
    found: list[str] = []
    for word in words:
        room -= len(word) + 1
        if room < 0:
            break
        found.append(word)
    return found


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

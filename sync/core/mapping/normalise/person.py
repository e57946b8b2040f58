"""Names of people to family and given name. What cannot be told apart stays in `family`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from sync.core.mapping.normalise.tables import Tables, word_set
from sync.core.mapping.normalise.text import clean, no_answer
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_HONORIFIC = re.compile(r"(?<=\S)\s*(?:様|さま|さん|殿|どの|氏|先生|-san|\s+san|\s+sama)\s*$", re.IGNORECASE)
_SALUTATION = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+", re.IGNORECASE)
_SUFFIX = re.compile(r",?\s+(?:jr|sr|ii|iii|iv|ph\.?d|mba|cpa|md|esq)\.?$", re.IGNORECASE)
_READING = re.compile(r"(?<=\S)\s*\([^()]*\)\s*$|(?<=\S)\([ぁ-ヿ\s]+\)")
_TAG = re.compile(r"[【\[][^】\]]*[】\]]|^退職者?\s+|\s+(?:他|ほか)\s*(?:\d+\s*名)?様?$")
"""What people put beside a name: 【退職】, 他1名."""
_SEVERAL = re.compile(r"、|(?<=[ぁ-ん一-鿿])・|・(?=[ぁ-ん一-鿿])")
_NOT_A_NAME = re.compile(
    r"[@\d]|https?:|[!?;:<>{}\[\]\\|=+*/]|株式会社|有限会社|合同会社|\(株\)|(?:商事|工業|製作所|建設|銀行|物産|電機|産業|ホールディングス)(?:\s|$)"
)
_NOBODY = re.compile(r"(?:ご?担当者?|ご担当|受付|窓口|事務局|各位)(?:者)?$")
_DEPARTMENT = re.compile(r"(?:部|課|室|係|グループ|チーム)$")
_DEPARTMENTS = tuple(
    work + unit
    for work in [
        "営業",
        "総務",
        "人事",
        "経理",
        "財務",
        "企画",
        "開発",
        "システム",
        "情報",
        "製造",
        "技術",
        "購買",
        "調達",
        "法務",
        "広報",
        "宣伝",
        "管理",
        "事業",
        "品質",
        "生産",
        "物流",
        "業務",
        "推進",
        "戦略",
        "マーケティング",
        "サポート",
    ]
    for unit in ("", "部", "本部", "課", "室", "係")
)
"""Family names end in 部 as well (渡部, 長谷部), but not like this."""
_PARTICLES = word_set("van von der den de da di del della la le du dos bin al el ter ten")
_KATAKANA_DOT = re.compile(r"^[ァ-ヿ]+(?:[・･][ァ-ヿA-Z.]+)*[・･][ァ-ヿ]+$")


def read_person(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    del raw
    name = _TAG.sub(" ", text).strip(" \"'「」")
    name = name[1:-1] if re.fullmatch(r"\([^()]+\)", name) else _READING.sub("", name)
    name = _SUFFIX.sub("", _SALUTATION.sub("", _HONORIFIC.sub("", name)))
    if _NOBODY.search(name) or name.endswith(_DEPARTMENTS):
        return Normalised(ValueState.PLACEHOLDER, reason="nobody in particular")
    if _NOT_A_NAME.search(name):
        return Normalised(ValueState.INVALID, reason="not a name")
    name = _without_title(name, tables)
    if not name or not any(c.isalpha() for c in name):
        return Normalised(ValueState.INVALID, reason="not a name")
    if _SEVERAL.search(name):
        return Normalised(ValueState.INVALID, reason="several people")
    if name in tables.titles.japanese:
        return Normalised(ValueState.INVALID, reason="a post without a name")
    family, given = _split(name)
    if no_answer(family, "person", context, tables) and (not given or no_answer(given, "person", context, tables)):
        return Normalised(ValueState.PLACEHOLDER, reason="placeholder word")
    return _read_one(family, given, context, tables)


def bare_name(text: str) -> str:
    """A name without honorific and salutation; a post stays."""
    return _SALUTATION.sub("", _HONORIFIC.sub("", text.strip()))


def read_parts(family: object, given: object, context: NormaliseContext, tables: Tables) -> Normalised:
    """A name from two fields. A blank or placeholder half is left out; both in one field are split."""
    last, first = clean(family) or "", clean(given) or ""
    together = f"{last} {first}".strip()
    if not together:
        return Normalised(ValueState.MISSING)
    nobody = no_answer(together, "person", context, tables)
    if nobody is not None:
        return nobody
    if not last or not first:
        return read_person(together, together, context, tables)
    if no_answer(last, "person", context, tables) and no_answer(first, "person", context, tables):
        return Normalised(ValueState.PLACEHOLDER, reason="placeholder word")
    first = _HONORIFIC.sub("", first)
    if _NOBODY.search(last) or _NOBODY.search(first):
        return Normalised(ValueState.PLACEHOLDER, reason="nobody in particular")
    if _NOT_A_NAME.search(together) or not any(c.isalpha() for c in together):
        return Normalised(ValueState.INVALID, reason="not a name")
    return _read_one(last, first, context, tables)


def parts_of(raw: object) -> tuple[object, object] | None:
    """(family, given) when the raw value is a pair or a mapping with these keys."""
    if isinstance(raw, Mapping):
        fields = cast(Mapping[object, object], raw)
        return fields.get("family"), fields.get("given")
    if isinstance(raw, list | tuple):
        pair = cast(Sequence[object], raw)
        return (pair[0], pair[1]) if len(pair) == 2 else None
    return None


def _read_one(family: str, given: str | None, context: NormaliseContext, tables: Tables) -> Normalised:
    if given and (no_answer(given, "person", context, tables) or given in tables.titles.japanese):
        given = None
    return Normalised(ValueState.PRESENT, {"family": family, "given": given or None})


def _without_title(name: str, tables: Tables) -> str:
    """「山田部長」 and 「営業部 部長 山田」 without what is no name."""
    acting = next((s for s in tables.titles.step_down if name.endswith(s)), "")
    if acting and name.removesuffix(acting).endswith(tables.titles.japanese):
        name = name.removesuffix(acting)
    if name.endswith(tables.titles.japanese):
        word = next(word for word in tables.titles.japanese if name.endswith(word))
        name = name.removesuffix(word).rstrip() or name
    tokens = name.split()
    while len(tokens) > 1 and (tokens[0].endswith(tables.titles.japanese) or tokens[0].endswith(_DEPARTMENTS)):
        tokens = tokens[1:]
    # Family names end in 部 as well (渡部, 長谷部): only what stands before a whole name is a department.
    while len(tokens) > 2 and (tokens[0].endswith(tables.titles.japanese) or _DEPARTMENT.search(tokens[0])):
        tokens = tokens[1:]
    return " ".join(tokens)


def _split(name: str) -> tuple[str, str | None]:
    if _KATAKANA_DOT.match(name):
        given, _, family = re.sub("･", "・", name).rpartition("・")
        return family, given
    if "," in name:
        family, _, given = name.partition(",")
        return (family.strip(), given.strip() or None) if family.strip() else (given.strip(), None)
    tokens = name.split()
    if len(tokens) == 1:
        return name, None
    return _split_latin(tokens) if name.isascii() or _is_latin(name) else (tokens[0], " ".join(tokens[1:]))


def _is_latin(name: str) -> bool:
    return all(ord(c) < 0x250 for c in name)


def _split_latin(tokens: list[str]) -> tuple[str, str | None]:
    """Given name first, unless capitals mark the family name or an initial the given one."""
    capitals = tokens[0].isupper() and len(tokens[0].strip(".")) > 1 and not all(t.isupper() for t in tokens)
    if capitals or len(tokens[-1].strip(".")) == 1:
        return tokens[0], " ".join(tokens[1:])
    start = len(tokens) - 1
    while start > 0 and tokens[start - 1].lower() in _PARTICLES:
        start -= 1
    return " ".join(tokens[start:]), " ".join(tokens[:start]) or None

"""Free text: width folded, trimmed, blanks collapsed; the original is kept by whoever holds the record."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

from sync.core.mapping.latest import Latest
from sync.core.mapping.normalise.tables import Tables, clean_key, first_characters, plain_key
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff\ud800-\udfff]"
)
_REPEATED = re.compile(r"([^\W\d])\1{2,}")
_CLAUSES = re.compile(r"[、。,・/;:：()\[\]「」【】\n]+")
_LATER = re.compile(r"次回|次の|来週|来月|明日|後日|までに|\d{1,2}[/月]\d{1,2}|next (?:call|meeting|week|month)")
_NOT_YET = re.compile(r"未確認|確認中|要確認|未定|不明|未ヒアリング|検討中|unknown|tbd|tbc")
_WILL_ASK = re.compile(r"確認|ヒアリング|伺|聞|回答|決定|confirm|ask|check")
_CONFIRMED = re.compile(
    r"\s*\((?:(?:ご?本人|先方|ご?担当者?)(?:様)?(?:に)?)?(?:確認済み?|ヒアリング済み?|現時点|現状)\)$"
)
"""「特になし（確認済み）」"""
_NO_WORDS: frozenset[str] = frozenset()
_LONGEST_VAGUE = 60
_LONGEST_NO_ANSWER = 30
_HEAD = 12
"""Characters of a text as typed that are looked at to see that it says something."""


def clean(raw: object) -> str | None:
    """A raw value as folded text; None for what holds no text. Numbers are written as people write them."""
    if isinstance(raw, str):
        text = raw
    elif isinstance(raw, bool):
        text = str(raw).lower()
    elif isinstance(raw, float):
        text = str(int(raw)) if math.isfinite(raw) and raw.is_integer() else str(raw)
    elif isinstance(raw, int):
        text = str(raw) if abs(raw) < 10**30 else None
    elif isinstance(raw, Decimal):
        text = str(raw) if raw.is_finite() else None
    else:
        text = None
    if text is None:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def read_text(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    del raw, context, tables
    return Normalised(ValueState.PRESENT, text)


def no_answer(text: str, kind: str, context: NormaliseContext, tables: Tables) -> Normalised | None:
    """`declared_none` or `placeholder` when the whole of a cleaned text says so, else None."""
    if len(text) > _LONGEST_NO_ANSWER and text[0].isalnum():
        return None
    key = clean_key(text)
    answers = tables.declared_none.get(context.item) if context.item else None
    if answers is not None and _says_none(text, key, answers):
        return Normalised(ValueState.DECLARED_NONE)
    if not key:
        return Normalised(ValueState.PLACEHOLDER, reason="only punctuation")
    if len(key) <= _LONGEST_NO_ANSWER and _is_placeholder(text, key, (context.item or kind, kind), tables):
        return Normalised(ValueState.PLACEHOLDER, reason="placeholder word")
    return None


def _says_none(text: str, key: str, answers: frozenset[str]) -> bool:
    if key in answers or plain_key(key) in answers:
        return True
    return text.endswith(")") and clean_key(_CONFIRMED.sub("", text)) in answers


def find_initials(item: str, tables: Tables) -> frozenset[str]:
    """With which characters a text can begin that is a placeholder, declares none or is vague; others need no look.

    `says_something` asks it; this is worth keeping where many texts of one item are read.
    """
    names = ("common", item, "text")
    sets = [words.get(name, _NO_WORDS) for words in (tables.placeholders, tables.vague) for name in names]
    return first_characters((*sets, tables.declared_none.get(item, _NO_WORDS)))


def says_something(raw: str, initials: frozenset[str]) -> bool:
    """Whether the first characters of a text as typed show that it is neither placeholder nor vague nor declares none.

    False: it has to be read. What such a text is compared with are whole words, alone or one after the other; so it begins
    with the first character of one of them, or repeats one character.
    """
    key = clean_key(clean(raw[:_HEAD]) or "")
    return len(key) > 1 and key[0] not in initials and key[0] != key[1]


def is_follow_up(text: str) -> bool:
    """Of a cleaned text. 「未確認：次回10/15に確認」: nobody knows yet, but it says when somebody will ask. A good answer."""
    folded = text.casefold()
    return bool(_NOT_YET.search(folded) and _LATER.search(folded) and _WILL_ASK.search(folded))


def is_vague(text: str, item: str, tables: Tables) -> bool:
    """Whether a text that is there says nothing FS could use, as 「業務効率化したい」. Doubtful texts are not vague."""
    seen = _vague.get((tables,), dict[tuple[str, str], bool])
    found = seen.get((text, item))
    if found is None:
        if len(seen) >= _MANY:
            seen.clear()
        found = seen[text, item] = _is_vague(text, item, tables)
    return found


_MANY = 2_000
_vague: Latest[dict[tuple[str, str], bool]] = Latest()
"""Per tables: a handoff is judged again with the same text."""


def _is_vague(text: str, item: str, tables: Tables) -> bool:
    text = clean(text) or ""
    if len(text) > _LONGEST_VAGUE:
        return False
    common, own = tables.vague.get("common", _NO_WORDS), tables.vague.get(item, _NO_WORDS)
    clauses = 0
    for part in _CLAUSES.split(text):
        key = clean_key(part)
        if key and not _says_nothing(key, common, own, tables.vague_endings):
            break  # as most do: of the others nothing is asked
        clauses += bool(key)
    else:
        return clauses > 0
    whole = clean_key(text)
    return whole in common or whole in own


def _says_nothing(key: str, common: frozenset[str], own: frozenset[str], endings: tuple[str, ...]) -> bool:
    for _ in range(4):
        if key in common or key in own:
            return True
        if not key.endswith(endings):
            return False
        ending = next((e for e in endings if key.endswith(e) and len(key) > len(e)), None)
        if ending is None:
            return False
        key = key.removesuffix(ending)
    return key in common or key in own


_initials: Latest[dict[tuple[str, str], frozenset[str]]] = Latest()


def _is_placeholder(text: str, key: str, names: tuple[str, str], tables: Tables) -> bool:
    words = tables.placeholders
    seen = _initials.get((tables,), dict[tuple[str, str], frozenset[str]])
    initials = seen.get(names)
    if initials is None:
        initials = seen[names] = first_characters(words.get(name, _NO_WORDS) for name in ("common", *names))
    # It is one of the words, several of them, or one character repeated: most texts show in the first that they are not.
    if key[0] not in initials and key[0] != key[1:2]:
        return False
    common = words.get("common", _NO_WORDS)
    item, kind = words.get(names[0], _NO_WORDS), words.get(names[1], _NO_WORDS)

    def known(word: str) -> bool:
        return word in common or word in item or word in kind

    if known(key) or known(plain_key(key)) or _REPEATED.fullmatch(key):
        return True
    parts = _CLAUSES.split(text)
    if len(parts) == 1:
        return False
    clauses = 0
    for part in parts:
        clause = plain_key(clean_key(part))
        if clause and not known(clause):
            return False
        clauses += bool(clause)
    return clauses > 1

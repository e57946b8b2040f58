"""The operators' tables behind the normalisers, compiled once from loaded YAML. No file is read here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

RANKS: tuple[str, ...] = (
    "staff",
    "senior_staff",
    "supervisor",
    "manager",
    "deputy_general_manager",
    "general_manager",
    "division_head",
    "executive_officer",
    "board_director",
    "president",
)
"""Lowest first. `unknown` is no rank."""

_PUNCTUATION = re.compile(r"[\W_ー]+")
_POLITE = ("です", "でした", "とのこと", "の模様")
STILL = ("まだ", "現在", "現状", "現時点では", "現時点で", "今のところ")
"""Of two that fit the longer one first."""


@dataclass(frozen=True, slots=True)
class Titles:
    """Words of `titles.yaml` in one pattern; `rank_of` maps a matched word to the index of its rank, None for none."""

    pattern: re.Pattern[str]
    rank_of: Mapping[str, int | None]
    step_down: tuple[str, ...]
    step_down_before: tuple[str, ...]
    stop_after: tuple[str, ...]
    stop_before: tuple[str, ...]
    japanese: tuple[str, ...]
    """Ranked Japanese words, longest first: what may stand behind a family name."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that operators may change about reading values. Sets hold `word_key`s."""

    titles: Titles
    placeholders: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By item id or normaliser name, and `common`."""
    declared_none: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By item id; an item that is no key has no such answer."""
    vague: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    vague_endings: tuple[str, ...] = ()


def compile_tables(titles: Mapping[str, Any], placeholders: Mapping[str, Any]) -> Tables:
    """From the loaded `titles.yaml` and `placeholders.yaml`. Raises ValueError naming what is wrong."""
    none = _word_sets(placeholders.get("declared_none"), "declared_none")
    vague = placeholders.get("vague")
    sections = dict(_mapping(vague, "vague"))
    endings = _words(sections.pop("endings", ()), "vague.endings")
    return Tables(
        titles=compile_titles(titles),
        placeholders=_word_sets(placeholders.get("placeholders"), "placeholders"),
        declared_none={item: words for item, words in none.items() if item != "words"},
        vague=_word_sets(sections, "vague"),
        vague_endings=tuple(sorted((fold(e) for e in endings), key=len, reverse=True)),
    )


def compile_titles(titles: Mapping[str, Any]) -> Titles:
    rank_of: dict[str, int | None] = {fold(w): None for w in _words(titles.get("no_rank", ()), "no_rank")}
    for rank, words in _mapping(titles.get("ranks"), "ranks").items():
        if rank not in RANKS:
            raise ValueError(f"titles: {rank!r} is no rank; the ranks are {', '.join(RANKS)}")
        for word in _words(words, f"ranks.{rank}"):
            rank_of[fold(word)] = RANKS.index(rank)
    longest_first = sorted(rank_of, key=len, reverse=True)
    latin = "|".join(re.escape(w) for w in longest_first if w.isascii())
    other = "|".join(re.escape(w) for w in longest_first if not w.isascii())
    parts = [rf"(?<![a-z])(?:{latin})(?![a-z])"] if latin else []
    parts += [f"(?:{other})"] if other else []
    return Titles(
        pattern=re.compile("|".join(parts) or r"(?!)"),
        rank_of=rank_of,
        step_down=_folded(titles, "step_down"),
        step_down_before=_folded(titles, "step_down_before"),
        stop_after=_folded(titles, "not_when_followed_by"),
        stop_before=_folded(titles, "not_when_preceded_by"),
        japanese=tuple(w for w in longest_first if not w.isascii() and len(w) > 1 and rank_of[w] is not None),
    )


def first_characters(sets: Iterable[Iterable[str]]) -> frozenset[str]:
    """With which one of these words can begin once it was made a key, whatever stands around it that `plain_key` drops."""
    return frozenset(word[:1] for word in (*(word for words in sets for word in words), *STILL, *_POLITE))


def word_set(text: str) -> frozenset[str]:
    """Words written one after the other."""
    return frozenset(text.split())


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Width and case folded. Statuses, types and answers repeat endlessly."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=64)
def fold_all(listed: frozenset[str] | tuple[str, ...]) -> frozenset[str]:
    """What a definition or a mapping lists, as folded texts are compared with it."""
    return frozenset(map(fold, listed))


@lru_cache(maxsize=4096)
def word_key(text: str) -> str:
    """What placeholder words are compared by: folded, without blanks and punctuation; of 「-」 nothing is left."""
    return _PUNCTUATION.sub("", fold(text))


def clean_key(text: str) -> str:
    """`word_key` of a text whose width is folded already."""
    folded = text.casefold()
    # Most have none in it: to see that takes a fraction of looking for it.
    return folded if folded.isalnum() and "ー" not in folded else _PUNCTUATION.sub("", folded)


def plain_key(key: str) -> str:
    """A key without the polite ending and the 「まだ」 in front."""
    if key.endswith(_POLITE):
        key = key.removesuffix(next(ending for ending in _POLITE if key.endswith(ending)))
    if key.startswith(STILL):
        key = key.removeprefix(next(word for word in STILL if key.startswith(word)))
    return key


def _folded(tables: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(fold(w) for w in _words(tables.get(name, ()), name))


def _word_sets(loaded: object, where: str) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(word_key(w) for w in _words(words, f"{where}.{name}"))
        for name, words in _mapping(loaded, where).items()
    }


def _mapping(loaded: object, where: str) -> Mapping[str, object]:
    if loaded is None:
        return {}
    if not isinstance(loaded, Mapping):
        raise ValueError(f"{where}: a table of names is expected")
    return {str(k): v for k, v in cast(Mapping[object, object], loaded).items()}


def _words(loaded: object, where: str) -> Iterable[str]:
    """Words of a list; a list inside it (a repeated YAML anchor) is taken in."""
    if loaded is None:
        return
    if isinstance(loaded, str) or not isinstance(loaded, Sequence):
        raise ValueError(f"{where}: a list of words is expected, not {loaded!r}")
    for word in cast(Sequence[object], loaded):
        if isinstance(word, list | tuple):
            yield from _words(cast(Sequence[object], word), where)
        elif word is None or isinstance(word, Mapping):
            raise ValueError(f"{where}: {word!r} is no word; put it in quotes")
        else:
            yield str(word)

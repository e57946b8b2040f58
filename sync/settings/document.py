"""One YAML file of the operator, with the line of every setting kept for error messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sync.errors import ConfigError, Problem


class _Constructor(RoundTripConstructor):
    """Leaves dates as they are written: a date that does not exist is our problem to tell, with its line."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _constructor, node: node.value)

LARGEST = 1_000_000
MOST_VALUES = 100_000

Loc = Sequence[str | int]
"""The way to a setting from the top of its file."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: `data` is plain, `name` is what messages call it."""

    name: str
    data: Any
    shipped: bool = False
    tree: Any = None
    overridden: frozenset[tuple[str, ...]] = field(default_factory=frozenset[tuple[str, ...]])

    def place(self, loc: Loc) -> str:
        """`name:line` of a setting; of the nearest one around it when it is not in the file."""
        if any(tuple(str(part) for part in loc[: len(way)]) == way for way in self.overridden):
            return f"{self.name} ({'.'.join(str(part) for part in loc)}, overridden at start)"
        line = _line(self.tree, loc)
        return f"{self.name}:{line}" if line else self.name

    def section(self, *keys: str) -> Mapping[str, Any]:
        """A mapping inside the file, empty when it is absent or something else: for reading names leniently."""
        node: Any = self.data
        for key in keys:
            node = node.get(key) if isinstance(node, dict) else None
        return node if isinstance(node, dict) else {}

    def with_overrides(self, overrides: Mapping[str, Any]) -> Document:
        """The same with some settings replaced; nested mappings are merged, all else is replaced."""
        if not overrides:
            return self
        ways = frozenset(_leaves(overrides, ()))
        return Document(self.name, _merge(self.data, overrides), self.shipped, self.tree, ways)


def read_document(path: Path, name: str, *, shipped: bool = False) -> Document:
    """Read one file. Raises ConfigError when it cannot be read or is no YAML mapping."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(Problem(name, f"is larger than {LARGEST} bytes", "it holds settings, no data"))
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(name, f"is not UTF-8 (byte {error.start})", "save the file as UTF-8")) from error
    except OSError as error:
        raise ConfigError(Problem(name, f"cannot be read: {error.strerror}", "check path and permissions")) from error
    try:
        tree = _parse(text)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(Problem(f"{name}:{line}", "the same key is given twice", "keep one of the two")) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        hint = "check indentation, colons and quotes around this line"
        raise ConfigError(Problem(where, f"is not valid YAML: {error.problem}", hint)) from error
    except (YAMLError, ValueError, AttributeError, RecursionError) as error:
        # The library breaks in its own ways on merges of a mapping into itself and on thousands of brackets.
        raise ConfigError(Problem(name, "is not valid YAML", "check indentation, colons and quotes")) from error
    if tree is not None and not isinstance(tree, CommentedMap):
        raise ConfigError(Problem(f"{name}:1", "holds no settings", "write `key: value` lines"))
    return Document(name, _plain(tree) or {}, shipped, tree)


@lru_cache(maxsize=64)
def _parse(text: str) -> Any:
    """The tree with its lines, which nobody changes: the same files are read again by whatever looks whether they changed."""
    tree = _yaml().load(text)
    _count(tree, 0)
    return tree


def _count(node: Any, seen: int) -> int:
    """How many values there are when every alias is written out. Raises ValueError for more than anybody wrote."""
    if seen > MOST_VALUES:
        raise ValueError("aliases of aliases")
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        seen = _count(value, seen)
    return seen + 1


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    return yaml


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    for kind in (float, str):
        if isinstance(node, kind) and type(node) is not kind:
            return kind(node)
    return int(node) if isinstance(node, int) and not isinstance(node, bool) else node


def _line(tree: Any, loc: Loc) -> int:
    line, node = 0, tree
    for part in loc:
        try:
            if isinstance(node, CommentedMap):
                key = part if part in node else next(k for k in node if str(k) == str(part))
                line, node = node.lc.key(key)[0] + 1, node[key]
            elif isinstance(node, CommentedSeq) and isinstance(part, int):
                line, node = node.lc.item(part)[0] + 1, node[part]
            else:
                return line
        except (KeyError, IndexError, StopIteration):
            return line
    return line


def _leaves(overrides: Mapping[str, Any], way: tuple[str, ...]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for key, value in overrides.items():
        here = (*way, key)
        found += _leaves(value, here) if isinstance(value, Mapping) and value else [here]
    return found


def _merge(data: Any, overrides: Mapping[str, Any]) -> Any:
    merged = dict(data) if isinstance(data, dict) else {}
    for key, value in overrides.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if nested else value
    return merged

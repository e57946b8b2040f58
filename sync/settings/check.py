"""From a model's complaints to problems that an operator can act on: file, line, value, hint."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError

from sync.errors import Problem
from sync.settings.document import Document, Loc

_SECRET = re.compile(r"secret|token|password|passphrase|private_key|api_key|^key$", re.IGNORECASE)
_REFERENCE = re.compile(r"(env:[A-Za-z_]\w*|file:.+)")


class Section(BaseModel):
    """A part of an operator's file: unknown keys are mistakes, and values never appear in a traceback."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=False)


class Wrong(ValueError):
    """A value that means nothing, with what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def suggest(value: object, known: Iterable[str]) -> str:
    """「did you mean」, else the list of what is known."""
    names = sorted(set(known))
    close = difflib.get_close_matches(str(value), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(names)}" if names else ""


def problems_of(error: ValidationError, document: Document, model: type[BaseModel], at: Loc = ()) -> list[Problem]:
    """One problem per complaint, in the order of the file. `at` is where the model starts in the file."""
    found = [_problem(dict(e), document, model, at) for e in error.errors(include_url=False)]
    return list(dict.fromkeys(found))


def clear_secrets(document: Document, node: Any, at: tuple[str | int, ...]) -> list[Problem]:
    """Settings that by their name hold a secret and do not refer to one."""
    found: list[Problem] = []
    if isinstance(node, dict):
        for key, value in node.items():
            here = (*at, key)
            if isinstance(value, dict | list):
                found += clear_secrets(document, value, here)
            elif _SECRET.search(str(key)) and isinstance(value, str) and not _REFERENCE.fullmatch(value):
                found.append(clear_secret(document, here))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            found += clear_secrets(document, value, (*at, index))
    return found


def clear_secret(document: Document, loc: Loc) -> Problem:
    return Problem(
        document.place(loc),
        f"{_dotted(loc)}: a secret is written in clear (not shown)",
        "write env:NAME or file:PATH and change the secret: it may be in the history of this file",
    )


def _problem(error: dict[str, Any], document: Document, model: type[BaseModel], at: Loc) -> Problem:
    inner = _written(error["loc"], document, at)
    loc = (*at, *inner)
    place, name = document.place(loc), _dotted(loc)
    if error["type"] == "extra_forbidden":
        return Problem(place, f"{name}: unknown setting", suggest(inner[-1], _siblings(model, inner)))
    if error["type"] == "missing":
        return Problem(place, f"{name} is missing", f"add `{inner[-1]}:`" if inner else "")
    raised = error.get("ctx", {}).get("error")
    message = str(raised) if isinstance(raised, ValueError) else error["msg"]
    hint = getattr(raised, "hint", "") or _expected(error)
    return Problem(place, f"{name}: {_shown(inner, error)}{message}", hint)


def _written(loc: Sequence[str | int], document: Document, at: Loc) -> tuple[str | int, ...]:
    """The way as the file has it: without the steps that only the model knows (keys, members of a union)."""
    node: Any = document.data
    for part in at:
        node = node[part]
    way: list[str | int] = []
    for index, part in enumerate(loc):
        inside = _has(node, part)
        node = node[part] if inside else node
        if part != "[key]" and (inside or index == len(loc) - 1):
            way.append(part)
    return tuple(way)


def _has(node: Any, part: str | int) -> bool:
    return part in node if isinstance(node, dict) else isinstance(node, list) and isinstance(part, int)


def _shown(loc: Sequence[str | int], error: dict[str, Any]) -> str:
    """The offending value as a prefix, unless it may be a secret, is too big, or the message has it already."""
    value = error.get("input")
    if any(_SECRET.search(str(part)) for part in loc) or isinstance(value, dict | list | BaseModel):
        return ""
    raised = error.get("ctx", {}).get("error")
    text = "empty" if value is None else str(value)
    return "" if isinstance(raised, Wrong) or len(text) > 120 else f"{text!r} — "


def _expected(error: dict[str, Any]) -> str:
    expected = error.get("ctx", {}).get("expected")
    return f"write {expected}" if expected else ""


def _dotted(loc: Loc) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "the file"


def _siblings(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Settings that are known where the last part of `loc` stands."""
    kinds: list[Any] = [model]
    for part in loc[:-1]:
        kinds = [inner for kind in kinds for inner in _step(kind, part)]
    return [info.alias or name for kind in kinds for name, info in _fields(kind).items()]


def _fields(kind: Any) -> dict[str, Any]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _step(kind: Any, part: str | int) -> list[Any]:
    """What may stand under `part` of a value of this type."""
    fields = _fields(kind)
    for name, info in fields.items():
        if part in (name, info.alias):
            return _alternatives(info.annotation)
    if fields and "__pydantic_extra__" in kind.__annotations__:
        return _alternatives(get_args(get_type_hints(kind)["__pydantic_extra__"])[-1])
    args = () if fields else get_args(kind)
    return _alternatives(args[-1]) if args else []


def _alternatives(kind: Any) -> list[Any]:
    """Without Optional and Annotated; all the members of a union."""
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [inner for arg in get_args(kind) if arg is not type(None) for inner in _alternatives(arg)]
    return [kind]

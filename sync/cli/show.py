"""How commands speak: text for people, JSON for machines, and nothing that a CRM record could do to a terminal."""

from __future__ import annotations

import dataclasses
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, NoReturn, cast
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console

from sync.cli.problem_text import in_language
from sync.core.model.records import RecordRef
from sync.errors import BatonError, ConfigError, NoConnection
from sync.wording import Texts, speak

DONE, PARTIAL, CONFIGURATION, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; the last one is what shells make of Ctrl-C."""
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_KEPT = frozenset("\u200d\u00ad")
"""Joiners inside emoji and soft hyphens are of category Cf and harmless."""
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON would leave as it is."""


def printable(text: object) -> str:
    """Text from a CRM made safe for a terminal: escapes, control and direction characters become visible."""
    return "".join(_shown(char) for char in str(text))


def plain(value: Any) -> Any:
    """Anything of ours as JSON types: records as `connection:stream:id`, instants as UTC with `Z`."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, RecordRef):
        return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return _plain_many(value)


def write_json(value: Any) -> None:
    """One JSON document (or one line of JSONL) on standard output. What would steer a terminal is written as its number."""
    text = orjson.dumps(plain(value)).decode()
    sys.stdout.write(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    sys.stdout.flush()


def console() -> Console:
    """Standard output for people. Colours only on a terminal and never under NO_COLOR; markup in data stays text."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def working(text: str, *, quiet: bool) -> Iterator[None]:
    """A moving sign on standard error while something takes long; only on a terminal, and never beside JSON."""
    out = Console(stderr=True)
    if quiet or not out.is_terminal:
        yield
        return
    with out.status(text):
        yield


def confirm(question: str) -> bool | None:
    """Ask a person, and go by a typed yes alone. None: standard input ended, so nobody was there to answer."""
    sys.stdout.write(f"{question} [y/N]: ")
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer:
        sys.stdout.write("\n")
        return None
    return answer.strip().lower() in ("y", "yes", "はい")


def local(instant: datetime | None, zone: ZoneInfo | None) -> str:
    """An instant as people read it, in the company's time zone, to the second."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if instant else "—"


_FAILURES: Texts = {
    "problems": ("Baton を続けられません（{count}件）\n", "Baton cannot go on ({count})\n"),
    "no_connection": (
        "使える接続がありません（原因の確認：baton check）\n",
        "No connection can be used (`baton check` says why)\n",
    ),
}


def show_failure(error: BatonError, *, as_json: bool, language: str = "en") -> int:
    """Print what went wrong without a traceback; the exit code that belongs to it."""
    code = CONFIGURATION if isinstance(error, ConfigError) else PARTIAL
    if as_json:
        write_json(_failure(error))
        return code
    out = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    say = speak(_FAILURES, language)
    if isinstance(error, NoConnection):
        from sync.cli.shortfall_text import say_problem

        out.print(say("no_connection"))
        for problem in error.problems:
            out.print(f"  {say_problem(problem, language)}")
        return code
    if not isinstance(error, ConfigError):
        out.print(f"{type(error).__name__}: {printable(error)}")
        return code
    out.print(say("problems", count=len(error.problems)))
    for problem in error.problems:
        out.print(f"  {printable(problem.path)}", style="bold")
        message = in_language(problem.message, language)
        out.print(f"    {printable(message)}")
        if problem.hint:
            # Of what is not known in that language nothing is: half a translation is harder to read than none.
            known = message != problem.message
            out.print(f"    → {printable(in_language(problem.hint, language) if known else problem.hint)}")
    return code


def leave(code: int) -> NoReturn:
    raise typer.Exit(code)


def _failure(error: BatonError) -> dict[str, Any]:
    if isinstance(error, ConfigError):
        return {"error": "configuration", "problems": [dataclasses.asdict(problem) for problem in error.problems]}
    told = {"problems": error.problems} if isinstance(error, NoConnection) else {}
    return {"error": type(error).__name__, "message": str(error), **told}


def _plain_many(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name.rstrip("_"): plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, Set):
        return sorted((plain(inner) for inner in value), key=str)
    if isinstance(value, PurePath):
        return str(value)
    return [plain(inner) for inner in cast(Iterable[Any], value)]


def _shown(char: str) -> str:
    if char == "\n":
        return " ⏎ "
    if char == "\t":
        return " "
    if unicodedata.category(char) not in _UNSAFE or char in _KEPT:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

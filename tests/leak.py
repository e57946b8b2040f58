"""What must never leave the house: everything that any test makes Baton emit is searched for what was planted.

Planted are the simulators' tokens and secrets, the NG topics of the generated companies, and their people's addresses.
Standard output is what an operator asked for and may name a record's values; nothing else may.
"""

from __future__ import annotations

import re

from connectors.simulator.world import words

_SECRETS = re.compile(
    r"sim-consumer-secret|simulator-secret|\b00D\w{12,15}![\w.-]{8,}|\bpat-[a-z]{2,4}\d-[\w-]{6,}|Bearer [\w!.-]{12,}"
)
_TOPICS = re.compile("|".join(re.escape(text) for texts in words.NG_TOPICS.values() for text in texts))
_PEOPLE = re.compile(r"[\w.+-]+@[\w-]+\.co\.jp\.example")


def find_leaks(errors: str, output: str = "") -> list[str]:
    """What was planted and is in what was emitted: `errors` are logs, error texts and reports, `output` was asked for."""
    whole = f"{errors}\n{output}"
    found = [match.group() for pattern in (_SECRETS, _TOPICS) for match in pattern.finditer(whole)]
    return [*found, *(match.group() for match in _PEOPLE.finditer(errors))]


def check(errors: str, output: str = "") -> None:
    """Raises AssertionError with what leaked."""
    leaked = find_leaks(errors, output)
    assert not leaked, f"leaked: {leaked[:3]}"

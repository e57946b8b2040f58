"""What to change on a record."""

from __future__ import annotations

from sync.core.model.flags import FLAG_FIELDS, FLAG_NAMES, Flags, FlagValue
from sync.core.model.handoff import Told
from sync.core.rules.sentence import fingerprint


def diff(desired: Flags | None, held: Flags | None) -> dict[str, FlagValue]:
    """Only the flags that differ, with their desired value. Nothing for a record that must carry none.

    `held` None (nothing known of the record's flags) counts as all empty. An empty text is an empty flag, and ids
    joined by `;` are compared as sets, because CRMs give them back in their own order. A flag that follows the others
    is filled and emptied like any, but other text in place of its text waits for one of them to change.
    """
    if desired is None:
        return {}
    held = held or {}
    changes = {
        name: wanted
        for name in FLAG_NAMES
        if (wanted := desired.get(name)) != (there := held.get(name))
        and _comparable(name, wanted) != _comparable(name, there)
    }
    return {} if all(name in _FOLLOWING and value and held.get(name) for name, value in changes.items()) else changes


def tell(before: Told | None, digest: str, desired: Flags, held: Flags | None) -> Told:
    """What to remember of a note that is to say what has this digest. While it says what it said when the text that the
    record still holds was composed, and no other flag changes, that text stays."""
    text, old = str(desired["note"]), (held or {}).get("note")
    same = before is not None and old is not None and old != text and before.digest == digest and keeps(before, held)
    if before is not None and same and not diff({**desired, "note": old}, held):
        return before
    return Told(digest, fingerprint(text))


def keeps(told: Told | None, held: Flags | None) -> bool:
    """Whether the record holds the very text that is remembered."""
    old = (held or {}).get("note")
    return told is not None and isinstance(old, str) and fingerprint(old) == told.fingerprint


def is_same(name: str, left: FlagValue, right: FlagValue) -> bool:
    """Whether two values of a flag say the same."""
    return _comparable(name, left) == _comparable(name, right)


def follows(name: str) -> bool:
    """Whether this flag is written only along with others."""
    return name in _FOLLOWING


_FOLLOWING = frozenset(flag.name for flag in FLAG_FIELDS if flag.follows)
_SETS = frozenset({"missing_items", "unmet_criteria", "missing_at_pass"})


def _comparable(name: str, value: FlagValue) -> object:
    if value is None or value == "":
        return None
    if name in _SETS and isinstance(value, str):
        return frozenset(part for part in value.split(";") if part)
    return value

"""Record ids as both vendors make them, from a seed."""

from __future__ import annotations

from random import Random

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_PREFIX = {
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "Lead": "00Q",
    "Task": "00T",
    "Event": "00U",
    "OpportunityContactRole": "00K",
    "EmailMessage": "02s",
}
_HUBSPOT_FIRST = 310_000_000_000
_HUBSPOT_BLOCK = 64


def suffix_of(short: str) -> str:
    """The three check characters of a 15-character id (source: REST API Developer Guide, record ids)."""
    chunks = (short[at : at + 5] for at in (0, 5, 10))
    return "".join(_SUFFIX[sum(1 << at for at, char in enumerate(chunk) if char.isupper())] for chunk in chunks)


class Ids:
    """Hands out ids: Salesforce's count up per object, HubSpot's come shuffled within blocks."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._counts: dict[str, int] = {}
        self._block: list[int] = []
        self._next = _HUBSPOT_FIRST

    def salesforce(self, object_name: str) -> str:
        """The next 18-character id of an object."""
        count = self._counts.get(object_name, 0) + 1
        self._counts[object_name] = count
        tail, rest = "", count
        while rest:
            rest, digit = divmod(rest, len(_DIGITS))
            tail = _DIGITS[digit] + tail
        short = f"{_PREFIX[object_name]}5j00000{tail:0>5}"
        return short + suffix_of(short)

    def hubspot(self) -> str:
        """A record id; the order of ids is not that of creation (seen in recorded batch creates)."""
        if not self._block:
            self._block = list(range(self._next, self._next + _HUBSPOT_BLOCK))
            self._next += _HUBSPOT_BLOCK
            self._rng.shuffle(self._block)
        return str(self._block.pop())

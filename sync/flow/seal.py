"""What stands in the store in place of a text: only whoever has the store's key can tell whether two are the same."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_hex

from sync.store import Store
from sync.store.store import read_note, write_note

_KEY = "seal_key"


@dataclass(frozen=True, slots=True)
class Seal:
    """The key of one store."""

    key: bytes

    def mark(self, *parts: str) -> str:
        """Equal for equal parts, and nothing else can be told from it."""
        packed = "\x1f".join(parts).encode("utf-8", "backslashreplace")
        return blake2b(packed, digest_size=16, key=self.key).hexdigest()


def open_seal(store: Store) -> Seal:
    """The key lies in the store itself, whose file only its owner can read; made at first use, and never told."""
    with store.read() as tx:
        key = read_note(tx, _KEY)
    if key is None:
        with store.write() as tx:
            key = read_note(tx, _KEY) or token_hex(32)
            write_note(tx, _KEY, key)
    return Seal(bytes.fromhex(key))

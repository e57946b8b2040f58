"""What one raw value is to an audit: whether it says something. Read once per distinct value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sync.core.mapping.normalise import Tables, is_vague, normalise
from sync.core.mapping.normalise.text import find_initials, says_something
from sync.core.mapping.spec import ItemSpec
from sync.core.model.items import UNMAPPED, NormaliseContext, Normalised, ValueState

FILLED, PLACEHOLDER, VAGUE, INVALID, EMPTY = "filled", "placeholder", "vague", "invalid", "empty"
"""What a value is to an audit. `filled` says something; a value that no table knows is filled."""
STATES = (FILLED, VAGUE, PLACEHOLDER, INVALID, EMPTY)
_STATE = {
    ValueState.PRESENT: FILLED,
    ValueState.DECLARED_NONE: FILLED,
    ValueState.PLACEHOLDER: PLACEHOLDER,
    ValueState.INVALID: INVALID,
    ValueState.MISSING: EMPTY,
}
LONGEST = 60
"""Characters of a text that is remembered, or quoted."""
DISTINCT = 20_000
_HUGE = 10_000
"""Characters of a text that no field of a form holds: it is read as a whole."""
_FITTING = frozenset({ValueState.PRESENT, ValueState.DECLARED_NONE})


class Worth(NamedTuple):
    """Of one value of one item."""

    state: str
    fits: bool
    """Whether the item's normaliser understands it."""
    value: Any = None
    """Canonical, where there is one; not of texts."""


_NOTHING, _SOMETHING, _VAGUE = Worth(EMPTY, fits=False), Worth(FILLED, fits=True), Worth(VAGUE, fits=True)


@dataclass
class Appraiser:
    """Reads values as items of the shipped mapping; answers that come again are remembered, up to some number."""

    items: Mapping[str, ItemSpec]
    inputs: Mapping[str, Mapping[str, str]]
    tables: Tables
    tz: str
    region: str
    _known: dict[tuple[str, Any], Worth] = field(default_factory=dict[tuple[str, Any], Worth])
    _initials: dict[str, frozenset[str]] = field(init=False)
    """Of items that are texts."""
    _contexts: dict[str, NormaliseContext] = field(default_factory=dict[str, NormaliseContext])

    def __post_init__(self) -> None:
        texts = [item for item, spec in self.items.items() if (spec.as_ or "text") == "text"]
        self._initials = {item: find_initials(item, self.tables) for item in texts}

    def read(self, item: str, raw: Any, written: datetime | None = None) -> Worth:
        """`raw`: a plain value, or (family name, given name). `written`: of a timing, any instant of its local day."""
        if raw is None or raw == "":
            return _NOTHING
        initials = self._initials.get(item)
        if initials is not None and isinstance(raw, str) and len(raw) < _HUGE and says_something(raw, initials):
            return _SOMETHING
        key = (item, raw if written is None else (raw, written))
        found = self._known.get(key)
        if found is not None:
            return found
        found = self._read_anew(item, raw, written)
        if not isinstance(raw, str) or len(raw) <= LONGEST:
            if len(self._known) >= DISTINCT:
                self._known.clear()
            self._known[key] = found
        return found

    def _read_anew(self, item: str, raw: Any, written: datetime | None) -> Worth:
        spec = self.items.get(item)
        kind = (spec.as_ or "text") if spec is not None else "picklist"
        options = spec.options if spec is not None else self.inputs.get(item, {})
        told = normalise(kind, raw, self._context(item, written), self.tables, options)
        if kind == "text" and told.state is ValueState.PRESENT:
            return _VAGUE if self._is_vague(told.value, item) else _SOMETHING
        return Worth(_state_of(told), told.state in _FITTING, None if kind == "text" else told.value)

    def _is_vague(self, text: str, item: str) -> bool:
        return len(text) <= LONGEST and is_vague(text, item, self.tables)

    def _context(self, item: str, written: datetime | None) -> NormaliseContext:
        if written is not None:
            return NormaliseContext(region=self.region, tz=self.tz, written_on=written, item=item)
        if item not in self._contexts:
            self._contexts[item] = NormaliseContext(region=self.region, tz=self.tz, item=item)
        return self._contexts[item]


def _state_of(told: Normalised) -> str:
    if told.state is ValueState.UNREADABLE:
        return FILLED if told.reason == UNMAPPED else EMPTY
    return _STATE[told.state]

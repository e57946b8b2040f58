"""The normalisers by name, and what they have in common: blank, declared none, placeholder."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from sync.core.mapping.normalise.company import read_company
from sync.core.mapping.normalise.email import read_email
from sync.core.mapping.normalise.moment import read_date, read_datetime
from sync.core.mapping.normalise.money import read_money
from sync.core.mapping.normalise.number import read_number
from sync.core.mapping.normalise.person import parts_of, read_parts, read_person
from sync.core.mapping.normalise.phone import read_phone
from sync.core.mapping.normalise.picklist import find_option
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.normalise.text import clean, no_answer, read_text
from sync.core.mapping.normalise.timing import read_timing
from sync.core.mapping.normalise.title import read_title
from sync.core.model.items import UNMAPPED, NormaliseContext, Normalised, ValueState

Reader = Callable[[str, object, NormaliseContext, Tables], Normalised]
"""Takes the cleaned text, which is not empty and no placeholder, and the raw value."""

_READERS: dict[str, Reader] = {
    "text": read_text,
    "phone": read_phone,
    "email": read_email,
    "company": read_company,
    "person": read_person,
    "title": read_title,
    "money": read_money,
    "number": read_number,
    "timing": read_timing,
    "date": read_date,
    "datetime": read_datetime,
}
KINDS: tuple[str, ...] = (*_READERS, "picklist")

_LONGEST = {"text": 200_000, "company": 500, "person": 200, "title": 500, "email": 1000}
_LONGEST_OTHER = 100
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character: left behind where text was cut by length in another system."""
_NO_OPTIONS: dict[str, str] = {}
_MISSING = Normalised(ValueState.MISSING)


def normalise(
    kind: str,
    raw: object,
    context: NormaliseContext,
    tables: Tables,
    options: Mapping[str, str] = _NO_OPTIONS,
) -> Normalised:
    """What Baton makes of one raw value.

    Any value gets an answer: nothing is raised but a ValueError for a kind that does not exist. `options` is the table
    of a picklist; a raw value that is not in it is unreadable with the reason `unmapped`. A person may be given as text
    or as {"family", "given"} from two fields. Money and timing answer `present` without a value, reason `follow-up`,
    to a note that says when somebody will ask.
    """
    if raw is None:
        return _MISSING
    if kind == "person" and (parts := parts_of(raw)) is not None:
        return read_parts(parts[0], parts[1], context, tables)
    if isinstance(raw, str) and not raw.isprintable():
        raw = _HALF.sub("", raw)  # readers that keep the original must not hand on what no file can hold
    text = raw.isoformat() if isinstance(raw, date | datetime) else clean(raw)
    if text is None:
        return Normalised(ValueState.INVALID, reason="not a text")
    if not text:
        return _MISSING
    if kind == "picklist":
        return _read_picklist(text, context, tables, options)
    reader = _READERS.get(kind)
    if reader is None:
        raise ValueError(f"{kind!r} is no normaliser; there are {', '.join(KINDS)}")
    if len(text) > _LONGEST.get(kind, _LONGEST_OTHER):
        return Normalised(ValueState.INVALID, reason="too long")
    return no_answer(text, kind, context, tables) or reader(text, raw, context, tables)


def _read_picklist(text: str, context: NormaliseContext, tables: Tables, options: Mapping[str, str]) -> Normalised:
    return (
        find_option(text, options)
        or no_answer(text, "picklist", context, tables)
        or Normalised(ValueState.UNREADABLE, reason=UNMAPPED)
    )

"""Job titles to ranks, by the words of `titles.yaml`."""

from __future__ import annotations

import re

from sync.core.mapping.normalise.tables import RANKS, Tables, Titles
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_DOTTED = re.compile(r"(?<![a-z])(?:[a-z]\.){2,}")
"""C.E.O., V.P."""


def read_title(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    """A title that names no rank is present with rank `unknown`."""
    del raw, context
    return Normalised(ValueState.PRESENT, {"rank": rank_in(_undotted(text.casefold()), tables.titles), "label": text})


def _undotted(folded: str) -> str:
    return _DOTTED.sub(lambda found: found[0].replace(".", ""), folded) if "." in folded else folded


def rank_in(folded: str, titles: Titles) -> str:
    """The highest rank that the folded text names, else `unknown`."""
    highest = -1
    for found in titles.pattern.finditer(folded):
        rank = titles.rank_of[found[0]]
        if rank is None:
            continue
        before, after = folded[: found.start()].rstrip(), folded[found.end() :].lstrip()
        if after.startswith(titles.stop_after) or before.endswith(titles.stop_before):
            continue
        down = after.lstrip("(").startswith(titles.step_down) or before.endswith(titles.step_down_before)
        highest = max(highest, max(rank - 1, 0) if down else rank)
    return RANKS[highest] if highest >= 0 else "unknown"

"""All-or-none: changes that can be undone together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg


@contextmanager
def transaction(org: SalesforceOrg) -> Iterator[Callable[[], None]]:
    """Remember changes; calling what it gives undoes them."""
    outer = next(iter(org.data.tables.values())).undo
    undo: list[Callable[[], None]] = []
    deleted = {name: len(log) for name, log in org.deleted.items()}

    def roll_back() -> None:
        for table in org.data.tables.values():
            table.undo = None
        for step in reversed(undo):
            step()
        undo.clear()
        for name, length in deleted.items():
            del org.deleted[name][length:]

    for table in org.data.tables.values():
        table.undo = undo
    try:
        yield roll_back
    finally:
        if outer is not None:
            outer.extend(undo)
        for table in org.data.tables.values():
            table.undo = outer

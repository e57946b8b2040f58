"""Associations between records, kept in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.simulator.hubspot.objects import ASSOCIATION_TYPES, AssociationType

Targets = dict[int, set[int]]
HAS_ONE_PRIMARY = {("contacts", "companies"), ("deals", "companies"), ("leads", "contacts"), ("leads", "companies")}
"""Child and parent: a child has at most one primary parent of a kind."""


class Links:
    """Which record hangs on which, and by which association types. Changing them moves no modified date."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], dict[int, Targets]] = {}

    def of(self, source: str, source_id: int, target: str) -> Targets:
        return self._links.get((source, target), {}).get(source_id, {})

    def put(self, source: str, source_id: int, target: str, target_id: int, types: Iterable[int]) -> None:
        """Add types to a link; the unlabelled type always comes with a labelled one."""
        known = ASSOCIATION_TYPES[(source, target)]
        wanted = {*types, known[0].type_id}
        for one in known:
            if one.type_id not in wanted:
                continue
            if one.label == "Primary":
                self._demote(one, source_id, target_id)
            self._add(source, source_id, target, target_id, one.type_id)
            self._add(target, target_id, source, source_id, one.inverse)

    def put_default(self, source: str, source_id: int, target: str, target_id: int) -> None:
        """What the UI does: unlabelled, and primary when the child had no such parent yet."""
        types = ASSOCIATION_TYPES[(source, target)]
        if (source, target) in HAS_ONE_PRIMARY:
            first = not self.of(source, source_id, target)
        else:
            first = (target, source) in HAS_ONE_PRIMARY and not self.of(target, target_id, source)
        self.put(source, source_id, target, target_id, [one.type_id for one in types if first or not one.label])

    def drop(self, source: str, source_id: int, target: str, target_id: int) -> None:
        self._links.get((source, target), {}).get(source_id, {}).pop(target_id, None)
        self._links.get((target, source), {}).get(target_id, {}).pop(source_id, None)

    def move(self, kind: str, old_id: int, new_id: int) -> None:
        """Hang everything of one record on another, as a merge does."""
        for source, target, target_id, types in list(self.everything(kind, old_id)):
            self.drop(source, old_id, target, target_id)
            if not (source == target and target_id == new_id):
                self.put(source, new_id, target, target_id, types)

    def everything(self, kind: str, record_id: int) -> Iterator[tuple[str, str, int, set[int]]]:
        for (source, target), sources in self._links.items():
            if source == kind:
                for target_id, types in sources.get(record_id, {}).items():
                    yield source, target, target_id, set(types)

    def _demote(self, primary: AssociationType, source_id: int, target_id: int) -> None:
        """Take "Primary" off the child's other parents; a parent may be primary for many."""
        child, child_id, parent = primary.source, source_id, primary.target
        labels = {primary.type_id, primary.inverse}
        if (child, parent) not in HAS_ONE_PRIMARY:
            child, child_id, parent = primary.target, target_id, primary.source
        for parent_id, types in self.of(child, child_id, parent).items():
            types -= labels
            self.of(parent, parent_id, child).get(child_id, set()).difference_update(labels)

    def _add(self, source: str, source_id: int, target: str, target_id: int, type_id: int) -> None:
        targets = self._links.setdefault((source, target), {}).setdefault(source_id, {})
        targets.setdefault(target_id, set()).add(type_id)

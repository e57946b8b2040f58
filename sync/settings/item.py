"""What is wrong between the items of `mappings/handoff.yaml`: groups, requirements, and places to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync.errors import Problem
from sync.settings.document import Document
from sync.settings.mapping import ConnectionFile, HandoffFile


def find_item_problems(
    document: Document, file: HandoffFile, connections: Mapping[str, ConnectionFile | None]
) -> list[Problem]:
    return [
        *_group_problems(document, file),
        *_requirement_problems(document, file),
        *_place_problems(document, file, connections),
    ]


def _group_problems(document: Document, file: HandoffFile) -> Iterator[Problem]:
    for name, section in file.items.items():
        kind = "any_of" if section.any_of else "all_of"
        for number, part in enumerate((*section.any_of, *section.all_of)):
            place, inner = document.place(("items", name, kind, number)), file.items.get(part)
            where = f"items.{name}.{kind}[{number}]"
            if inner is not None and inner.as_ is None:
                yield Problem(place, f"{where}: {part!r} is a group itself", "list the items of that group")
            elif inner is not None and inner.sensitive and not section.sensitive:
                hint = f"add `sensitive: true` to items.{name}"
                yield Problem(place, f"{where}: {part!r} is sensitive and the group is not", hint)


def _requirement_problems(document: Document, file: HandoffFile) -> Iterator[Problem]:
    for number, requirement in enumerate(file.requirements):
        for at, item in enumerate(requirement.typed):
            if item in file.items and file.items[item].ask is None:
                place = document.place(("requirements", number, "typed", at))
                message = f"requirements[{number}].typed[{at}]: {item!r} has no `ask`"
                yield Problem(place, message, f"add `ask` to items.{item}: people must know what to type")


def _place_problems(
    document: Document, file: HandoffFile, connections: Mapping[str, ConnectionFile | None]
) -> Iterator[Problem]:
    for name, section in file.items.items():
        parts = {name, *section.any_of, *section.all_of}
        for where in section.fix_at:
            connection, _, stream = where.partition(".")
            known = connections.get(connection)
            mapped = known.streams.get(stream) if known is not None else None
            if mapped is not None and parts.isdisjoint(mapped.items):
                place = document.place(("items", name, "fix_at", where))
                message = f"items.{name}.fix_at: {where!r} has no field for {name}"
                yield Problem(place, message, f"map it in mappings/{connection}.yaml, or drop the line")

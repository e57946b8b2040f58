"""What is wanted beside what an org has: per component whether it is there, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.component import MARK, Component
from connectors.salesforce.findings import RIGHTS, FoundField, FoundSet
from connectors.salesforce.xml import Node
from sync.errors import Obstacle
from sync.outfit import Piece, PieceKind, PieceState

_ROOM = ("length", "precision")


def is_ours(wanted: Component, found: FoundField | None) -> bool:
    """Whether a field is, or will be, one that setup may change: by its prefix, or made by it for people."""
    return wanted.own_name.startswith("Baton_") or found is None or found.metadata.get("description") == MARK


def compare_field(wanted: Component, found: FoundField | None) -> tuple[Piece, Node | None]:
    """What is said of a field, and what to deploy to mend it. A field of the company's own is left as it is."""
    label = str(wanted.node["label"])
    if found is None:
        return Piece(PieceKind.FIELD, wanted.name, PieceState.MISSING, label), wanted.node
    if not is_ours(wanted, found):
        return Piece(PieceKind.FIELD, wanted.name, PieceState.THERE, label), None
    if found.type != wanted.node["type"]:
        details = (found.type, str(wanted.node["type"]))
        return Piece(PieceKind.FIELD, wanted.name, PieceState.BLOCKED, label, details, Obstacle.OTHER_TYPE), None
    missing = _missing_values(wanted.node, found)
    details = [str(one.get("label") or one["fullName"]) for one in missing]
    if missing or found.restricted:
        details += ["unrestricted"] if found.restricted else []
    grown = {name: wanted.node[name] for name in _ROOM if _less(found.metadata.get(name), wanted.node.get(name))}
    details += [f"{name} {found.metadata.get(name)} → {size}" for name, size in grown.items()]
    if not details:
        return Piece(PieceKind.FIELD, wanted.name, PieceState.THERE, label), None
    return Piece(PieceKind.FIELD, wanted.name, PieceState.DIFFERENT, label, tuple(details)), _mended(
        wanted, found, missing
    )


def _less(held: Any, wanted: Any) -> bool:
    return wanted is not None and isinstance(held, int | float) and held < wanted


def _values(node: Node) -> list[Node]:
    return list(((node.get("valueSet") or {}).get("valueSetDefinition") or {}).get("value") or [])


def _value_name(value: Mapping[str, Any]) -> str:
    """The Tooling API calls it otherwise than the Metadata API."""
    return str(value.get("valueName") or value.get("fullName") or "")


def _missing_values(wanted: Node, found: FoundField) -> list[Node]:
    held = {_value_name(one) for one in found.values if one.get("isActive") is not False}
    return [one for one in _values(wanted) if one["fullName"] not in held]


def _mended(wanted: Component, found: FoundField, missing: Sequence[Node]) -> Node:
    """Ours, with what people called it and with every value that is there: a deployed list replaces the one before."""
    kept = {name: found.metadata[name] for name in ("label", "inlineHelpText") if found.metadata.get(name)}
    node = {**wanted.node, **kept}
    for name in _ROOM:
        if name in node and isinstance(held := found.metadata.get(name), int | float):
            node[name] = max(node[name], int(held))
    if "valueSet" not in node:
        return node
    added = {one["fullName"] for one in missing}
    held_values = [_kept_value(one) for one in found.values if _value_name(one) not in added]
    definition = {"sorted": False, "value": [*held_values, *missing]}
    return {**node, "valueSet": {"restricted": False, "valueSetDefinition": definition}}


def _kept_value(value: Mapping[str, Any]) -> Node:
    name = _value_name(value)
    kept = {"fullName": name, "default": bool(value.get("default")), "label": str(value.get("label") or name)}
    return {**kept, "isActive": False} if value.get("isActive") is False else kept


# -- rights --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a permission set that is there does not permit yet."""

    fields: Mapping[str, bool]
    """Field → whether it may be edited."""
    objects: Mapping[str, frozenset[str]]
    users: tuple[str, ...]
    custom: bool

    def told(self) -> Iterator[str]:
        yield from (f"{name} ({'edit' if edit else 'read'})" for name, edit in self.fields.items())
        yield from (f"{name} ({', '.join(sorted(rights))})" for name, rights in self.objects.items())
        yield from self.users
        if self.custom:
            yield "custom permission"


def compare_set(wanted: Component, found: FoundSet, bypass: str | None) -> Lacking:
    """`bypass`: id of the custom permission, where the org has it."""
    permitted = wanted.node["fieldPermissions"]
    fields = {one["field"]: bool(one["editable"]) for one in permitted if not _permits(found, one)}
    objects = {
        one["object"]: lacking
        for one in wanted.node.get("objectPermissions", ())
        if (lacking := _rights(one) - found.objects.get(one["object"], ("", frozenset[str]()))[1])
    }
    users = tuple(one["name"] for one in wanted.node.get("userPermissions", ()) if one["name"] not in found.users)
    custom = bool(wanted.node.get("customPermissions")) and (bypass is None or bypass not in found.custom)
    return Lacking(fields, objects, users, custom)


def _permits(found: FoundSet, one: Node) -> bool:
    _, read, edit = found.fields.get(one["field"], ("", False, False))
    return read and (edit or not one["editable"])


def _rights(one: Node) -> frozenset[str]:
    return frozenset(right for right in RIGHTS if one[right])


# -- rules ---------------------------------------------------------------------------------------------------------


def compare_rule(wanted: Component, found: Mapping[str, Any] | None) -> tuple[Piece, Node | None]:
    """A rule that somebody has switched off stays off."""
    label = str(wanted.node["errorMessage"])
    if found is None:
        return Piece(PieceKind.RULE, wanted.name, PieceState.MISSING, label), wanted.node
    same = all(found.get(name) == wanted.node[name] for name in ("errorConditionFormula", "errorMessage"))
    if same:
        return Piece(PieceKind.RULE, wanted.name, PieceState.THERE, label), None
    node = {**wanted.node, "active": bool(found.get("active"))}
    return Piece(PieceKind.RULE, wanted.name, PieceState.DIFFERENT, label, ("the definition has changed",)), node


# -- record types --------------------------------------------------------------------------------------------------


def add_choices(metadata: Mapping[str, Any], wanted: Iterable[Component]) -> tuple[Mapping[str, Any] | None, list[str]]:
    """The metadata of a record type with our values in it (None: they are), and the fields that lacked some.

    Read, completed and written back as a whole: whatever else it offers stays.
    """
    offered = {str(one.get("picklist")): list(one.get("values") or []) for one in metadata.get("picklistValues") or ()}
    lacking: list[str] = []
    for component in wanted:
        held = {_value_name(one) for one in offered.get(component.own_name, [])}
        missing = [one["fullName"] for one in _values(component.node) if one["fullName"] not in held]
        if missing:
            lacking.append(component.own_name)
            more = [{"valueName": name, "default": False} for name in missing]
            offered[component.own_name] = [*offered.get(component.own_name, []), *more]
    if not lacking:
        return None, []
    listed = [{"picklist": name, "values": values} for name, values in offered.items()]
    return {**metadata, "picklistValues": listed}, lacking

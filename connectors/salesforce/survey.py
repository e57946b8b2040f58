"""An org beside what is wanted of it: what is there, what is missing, what is in the way. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.kit.errors import Refused, redact
from connectors.salesforce.comparison import Lacking, add_choices, compare_field, compare_rule, compare_set, is_ours
from connectors.salesforce.component import (
    FIELD,
    OBJECTS,
    PERMISSION,
    RULE,
    SET,
    VIEW,
    Component,
    Known,
    components,
    mapped_fields,
    own_inputs,
    rule_name,
)
from connectors.salesforce.findings import RIGHTS, Findings, FoundField, FoundSet
from connectors.salesforce.formula import BYPASS
from sync.errors import Obstacle, Refusal, SetupRefused, StreamUnavailable
from sync.outfit import Outfit, PassRule, Piece, PieceKind, PieceState, RecordOutfit

KINDS = {
    FIELD: PieceKind.FIELD,
    SET: PieceKind.PERMISSION_SET,
    PERMISSION: PieceKind.CUSTOM_PERMISSION,
    VIEW: PieceKind.LIST_VIEW,
    RULE: PieceKind.RULE,
}
"""Type of component → kind of piece."""


@dataclass(slots=True)
class Survey:
    """The org beside what is wanted."""

    pieces: list[Piece] = field(default_factory=list[Piece])
    deployed: list[Component] = field(default_factory=list[Component])
    """What a deployment must bring."""
    surplus: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """What it must take away: rules that the definition no longer has."""
    lacking: dict[str, Lacking] = field(default_factory=dict[str, Lacking])
    sets: dict[str, FoundSet] = field(default_factory=dict[str, FoundSet])
    wanted: list[Component] = field(default_factory=list[Component])
    known: Known = field(default_factory=Known)
    own_fields: list[Component] = field(default_factory=list[Component])
    """Those of the wanted fields that are ours to change: flags, and what setup made for people."""


class Surveyor:
    """Asks one org with an administrator's eyes."""

    def __init__(self, connection: str, findings: Findings) -> None:
        self.connection = connection
        self._findings = findings

    def survey(self, outfit: Outfit) -> Survey:
        objects = sorted({record.stream for record in outfit.records})
        try:
            ids = self._findings.field_ids([*OBJECTS, *(name for name in ("User",) if name in outfit.reads)])
            bypass = self._findings.custom_permission(BYPASS)
        except (StreamUnavailable, Refused) as error:
            raise SetupRefused(
                self.connection, [Refusal(Obstacle.NO_RIGHT, "ViewSetup", redact(str(error)))]
            ) from error
        survey = Survey()
        known = self._known(outfit, ids, bypass is not None)
        companys = self._survey_fields(survey, components(outfit, known), ids)
        survey.known = replace(known, companys=companys)
        survey.wanted = components(outfit, survey.known)
        self._survey_rights(survey, bypass)
        self._survey_views(survey, objects)
        if any(record.rules for record in outfit.records):
            self._survey_rules(survey, objects, _unheld(outfit, ids))
        return survey

    def _known(self, outfit: Outfit, ids: Mapping[str, Mapping[str, str]], bypass: bool) -> Known:
        """Which mapped fields the org has and lets be permitted, and of which type those are that rules test."""
        readable = {
            name: self._permittable(name, ids) for name in {one.partition(".")[0] for one in mapped_fields(outfit)}
        }
        types = {
            f"{record.stream}.{name}": self._findings.field(found).type
            for record in outfit.records
            for name in _tested(record)
            if (found := ids.get(record.stream, {}).get(name.removesuffix("__c"))) is not None
        }
        return Known(types, readable, bypass)

    def _permittable(self, object_: str, ids: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
        """An administrator sees no field that nobody was given; such are custom ones, and not required."""
        seen = self._findings.described(object_)
        hidden = {f"{name}__c" for name in ids.get(object_, {})} - set(seen)
        return frozenset(name for name, permitted in seen.items() if permitted) | hidden

    def _survey_fields(
        self, survey: Survey, wanted: Sequence[Component], ids: Mapping[str, Mapping[str, str]]
    ) -> frozenset[str]:
        """The names of those that are the company's own."""
        companys: set[str] = set()
        for one in wanted:
            if one.type != FIELD:
                continue
            id_ = ids.get(one.parent, {}).get(one.own_name.removesuffix("__c"))
            found: FoundField | None = self._findings.field(id_) if id_ else None
            piece, node = compare_field(one, found)
            survey.pieces.append(piece)
            if is_ours(one, found):
                survey.own_fields.append(one)
            else:
                companys.add(one.name)
            if node is not None:
                survey.deployed.append(replace(one, node=node))
        return frozenset(companys)

    def _survey_rights(self, survey: Survey, bypass: str | None) -> None:
        wanted = [one for one in survey.wanted if one.type in (PERMISSION, SET)]
        survey.sets = self._findings.permission_sets([one.name for one in wanted if one.type == SET])
        for one in wanted:
            there = bypass if one.type == PERMISSION else survey.sets.get(one.name)
            label, kind = str(one.node["label"]), KINDS[one.type]
            if there is None:
                survey.pieces.append(Piece(kind, one.name, PieceState.MISSING, label, tuple(_contents(one))))
                survey.deployed.append(one)
                continue
            lacking = compare_set(one, there, bypass) if isinstance(there, FoundSet) else None
            told = tuple(lacking.told()) if lacking else ()
            survey.pieces.append(Piece(kind, one.name, PieceState.DIFFERENT if told else PieceState.THERE, label, told))
            if lacking and told:
                survey.lacking[one.name] = lacking

    def _survey_views(self, survey: Survey, objects: Sequence[str]) -> None:
        held = self._findings.list_views(objects)
        for one in survey.wanted:
            if one.type == VIEW:
                state = PieceState.THERE if one.name in held else PieceState.MISSING
                survey.pieces.append(Piece(PieceKind.LIST_VIEW, one.name, state, str(one.node["label"])))
                survey.deployed += [one] if state is PieceState.MISSING else []

    def _survey_rules(self, survey: Survey, objects: Sequence[str], unheld: Mapping[str, Sequence[str]]) -> None:
        """`unheld`: rule → fields that it would test and that the org does not have."""
        held = self._findings.rules(objects)
        wanted = {one.name: one for one in survey.wanted if one.type == RULE}
        for name, one in wanted.items():
            if name in unheld:
                survey.pieces.append(
                    Piece(
                        PieceKind.RULE, name, PieceState.BLOCKED, details=tuple(unheld[name]), reason=Obstacle.NO_FIELD
                    )
                )
                continue
            piece, node = compare_rule(one, held.get(name))
            survey.pieces.append(piece)
            survey.deployed += [replace(one, node=node)] if node is not None else []
        for name in sorted(set(held) - set(wanted)):
            label = str(held[name].get("errorMessage") or "")
            survey.pieces.append(Piece(PieceKind.RULE, name, PieceState.SURPLUS, label))
            survey.surplus.append((RULE, name))

    def record_types(self, wanted: Sequence[Component]) -> Iterator[Piece]:
        for name, _, changed, lacking in self.incomplete_types(wanted):
            state = PieceState.THERE if changed is None else PieceState.DIFFERENT
            yield Piece(PieceKind.RECORD_TYPE, name, state, name.partition(".")[2], tuple(lacking))

    def incomplete_types(
        self, wanted: Sequence[Component]
    ) -> Iterator[tuple[str, str, Mapping[str, Any] | None, list[str]]]:
        """(name, id, its metadata completed or None, fields that lack values) of every record type."""
        choosing = [one for one in wanted if one.type == FIELD and "valueSet" in one.node]
        for object_ in sorted({one.parent for one in choosing}):
            own = [one for one in choosing if one.parent == object_]
            for name, (id_, metadata) in sorted(self._findings.record_types(object_).items()):
                changed, lacking = add_choices(metadata, own)
                yield f"{object_}.{name}", id_, changed, lacking


def _tested(record: RecordOutfit) -> set[str]:
    """The fields that its rules look at."""
    return {name for rule in record.rules for name in (rule.stage_field, *_answers(rule))}


def _answers(rule: PassRule) -> list[str]:
    return [answer.name for part in rule.any_of for answer in part]


def _unheld(outfit: Outfit, ids: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Rules about custom fields that the org does not have, and that are not made along with them."""
    found: dict[str, list[str]] = {}
    for record in outfit.records:
        there = {f"{name}__c" for name in ids.get(record.stream, {})} | {one.name for one in own_inputs(record)}
        for rule in record.rules:
            lacking = [name for name in _answers(rule) if name.endswith("__c") and name not in there]
            if lacking:
                found[f"{record.stream}.{rule_name(rule.item)}"] = lacking
    return found


def _contents(one: Component) -> Iterator[str]:
    """What a set that is to be made will permit."""
    for permitted in one.node.get("objectPermissions", ()):
        rights = [right for right in RIGHTS if permitted[right]]
        yield f"{permitted['object']} ({', '.join(rights)})"
    for permitted in one.node.get("fieldPermissions", ()):
        yield f"{permitted['field']} ({'edit' if permitted['editable'] else 'read'})"
    yield from (permitted["name"] for permitted in one.node.get("userPermissions", ()))
    yield from (permitted["name"] for permitted in one.node.get("customPermissions", ()))

"""Who makes what Baton needs in an org, and takes it out again: with an administrator's credentials, for setup alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import orjson

from connectors.kit.batch import split
from connectors.kit.errors import Refused, redact
from connectors.kit.shape import shaped_methods
from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.comparison import Lacking, add_choices, compare_field, compare_rule, compare_set, is_ours
from connectors.salesforce.component import (
    APPROVER,
    FIELD,
    INPUT,
    INTEGRATION,
    MANAGER,
    MARK,
    NG,
    OBJECTS,
    PERMISSION,
    RULE,
    SET,
    VIEW,
    VIEWER,
    Component,
    Known,
    components,
    mapped_fields,
    own_inputs,
    rule_name,
    view_name,
)
from connectors.salesforce.deploy import deploy, refuse
from connectors.salesforce.export import export_files
from connectors.salesforce.fields import WIRE_NAMES
from connectors.salesforce.findings import RIGHTS, Findings, FoundField, FoundSet
from connectors.salesforce.formula import BYPASS
from connectors.salesforce.package import metadata_files, removal_files
from connectors.salesforce.xml import Node
from sync.errors import AuthError, OutcomeUnknown, Refusal, SetupRefused, StreamUnavailable, TransientError
from sync.outfit import Lack, Outfit, PassRule, Piece, PieceState, RecordOutfit, Tell
from sync.ports import Tenant

_OURS = (INTEGRATION, VIEWER, MANAGER, NG)
_PEOPLES = (INPUT, APPROVER)
_RIGHTS = ("CustomizeApplication", "ModifyMetadata", "AssignPermissionSets")
"""Of whoever changes the org (source: Salesforce Help, "Deploy metadata": these allow it)."""
_KINDS = {FIELD: "field", SET: "permission_set", PERMISSION: "custom_permission", VIEW: "list_view", RULE: "rule"}
_COLLECTION = 200


@dataclass(slots=True)
class _Survey:
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


@shaped_methods
class SalesforceAdministrator:
    """See `sync.outfit.Administrator`."""

    def __init__(
        self, connection: str, client: Client, daemon: Client | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`daemon`: how the daemon logs in, which tells whom the permission set is for."""
        self.connection = connection
        self._client = client
        self._daemon = daemon
        self._findings = Findings(client)
        self._sleep = sleep

    def tenant(self) -> Tenant:
        self._client.verify()
        org = next(iter(self._findings.query(["Id", "IsSandbox", "Name"], "Organization")), None)
        if org is None:
            raise TransientError("Salesforce did not tell which org this is")
        return Tenant(org["Id"], urlsplit(self._client.address).netloc, bool(org["IsSandbox"]), org["Name"])

    def lacks(self) -> Sequence[Lack]:
        lacking = self._findings.lacking(_RIGHTS)
        return [Lack("customize", tuple(lacking))] if lacking else []

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(self, outfit: Outfit) -> Sequence[Piece]:
        survey = self._survey(outfit)
        return [*survey.pieces, *self._record_types(survey.own_fields), *self._assignment(survey)]

    def _survey(self, outfit: Outfit) -> _Survey:
        objects = sorted({record.stream for record in outfit.records})
        try:
            ids = self._findings.field_ids([*OBJECTS, *(name for name in ("User",) if name in outfit.reads)])
            bypass = self._findings.custom_permission(BYPASS)
        except (StreamUnavailable, Refused) as error:
            raise SetupRefused(self.connection, [Refusal("no_right", "ViewSetup", redact(str(error)))]) from error
        survey = _Survey()
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
        self, survey: _Survey, wanted: Sequence[Component], ids: Mapping[str, Mapping[str, str]]
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

    def _survey_rights(self, survey: _Survey, bypass: str | None) -> None:
        wanted = [one for one in survey.wanted if one.type in (PERMISSION, SET)]
        survey.sets = self._findings.permission_sets([one.name for one in wanted if one.type == SET])
        for one in wanted:
            there = bypass if one.type == PERMISSION else survey.sets.get(one.name)
            label, kind = str(one.node["label"]), _KINDS[one.type]
            if there is None:
                survey.pieces.append(Piece(kind, one.name, PieceState.MISSING, label, tuple(_contents(one))))
                survey.deployed.append(one)
                continue
            lacking = compare_set(one, there, bypass) if isinstance(there, FoundSet) else None
            told = tuple(lacking.told()) if lacking else ()
            survey.pieces.append(Piece(kind, one.name, PieceState.DIFFERENT if told else PieceState.THERE, label, told))
            if lacking and told:
                survey.lacking[one.name] = lacking

    def _survey_views(self, survey: _Survey, objects: Sequence[str]) -> None:
        held = self._findings.list_views(objects)
        for one in survey.wanted:
            if one.type == VIEW:
                state = PieceState.THERE if one.name in held else PieceState.MISSING
                survey.pieces.append(Piece("list_view", one.name, state, str(one.node["label"])))
                survey.deployed += [one] if state is PieceState.MISSING else []

    def _survey_rules(self, survey: _Survey, objects: Sequence[str], unheld: Mapping[str, Sequence[str]]) -> None:
        """`unheld`: rule → fields that it would test and that the org does not have."""
        held = self._findings.rules(objects)
        wanted = {one.name: one for one in survey.wanted if one.type == RULE}
        for name, one in wanted.items():
            if name in unheld:
                survey.pieces.append(
                    Piece("rule", name, PieceState.BLOCKED, details=tuple(unheld[name]), reason="no_field")
                )
                continue
            piece, node = compare_rule(one, held.get(name))
            survey.pieces.append(piece)
            survey.deployed += [replace(one, node=node)] if node is not None else []
        for name in sorted(set(held) - set(wanted)):
            label = str(held[name].get("errorMessage") or "")
            survey.pieces.append(Piece("rule", name, PieceState.SURPLUS, label))
            survey.surplus.append((RULE, name))

    def _record_types(self, wanted: Sequence[Component]) -> Iterator[Piece]:
        for name, _, changed, lacking in self._incomplete_types(wanted):
            state = PieceState.THERE if changed is None else PieceState.DIFFERENT
            yield Piece("record_type", name, state, name.partition(".")[2], tuple(lacking))

    def _incomplete_types(
        self, wanted: Sequence[Component]
    ) -> Iterator[tuple[str, str, Mapping[str, Any] | None, list[str]]]:
        """(name, id, its metadata completed or None, fields that lack values) of every record type."""
        choosing = [one for one in wanted if one.type == FIELD and "valueSet" in one.node]
        for object_ in sorted({one.parent for one in choosing}):
            own = [one for one in choosing if one.parent == object_]
            for name, (id_, metadata) in sorted(self._types_of(object_).items()):
                changed, lacking = add_choices(metadata, own)
                yield f"{object_}.{name}", id_, changed, lacking

    def _types_of(self, object_: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
        try:
            return self._findings.record_types(object_)
        except StreamUnavailable:
            return {}

    def _assignment(self, survey: _Survey) -> Iterator[Piece]:
        user, held = self._user(), survey.sets.get(INTEGRATION)
        if not user:
            yield Piece("assignment", INTEGRATION, PieceState.MISSING, reason="no_user")
            return
        has = held is not None and self._findings.assigned(user, [held.id]) == {held.id}
        yield Piece("assignment", INTEGRATION, PieceState.THERE if has else PieceState.MISSING, user)

    def _user(self) -> str:
        """The daemon's user; empty where its credentials are not at hand or do not work yet."""
        if self._daemon is None:
            return ""
        try:
            self._daemon.log_in()
        except (AuthError, TransientError):
            return ""
        return soql.check_id(self._daemon.user_id) if soql.is_id(self._daemon.user_id) else ""

    # -- making ----------------------------------------------------------------------------------------------------

    def apply(self, outfit: Outfit, tell: Tell) -> None:
        survey = self._survey(outfit)
        blocked = [one for one in survey.pieces if one.state is PieceState.BLOCKED]
        if blocked:
            refusals = [Refusal(one.reason, one.name, " → ".join(one.details)) for one in blocked]
            raise SetupRefused(self.connection, refusals)
        self._deploy(survey, tell)
        for name, lacking in survey.lacking.items():
            self._permit(name, survey.sets[name], lacking)
            tell(_done("permission_set", name, survey))
        self._complete_types(survey.own_fields, tell)
        self._assign(tell)

    def _deploy(self, survey: _Survey, tell: Tell) -> None:
        rules = [one for one in survey.deployed if one.type == RULE]
        rest = [one for one in survey.deployed if one.type != RULE]
        # Rules test fields and a permission: in a deployment after that in which these come.
        for some, surplus in ((rest, ()), (rules, survey.surplus)):
            if some or surplus:
                self._bring(some, surplus)
            for type_, name in [*((one.type, one.name) for one in some), *surplus]:
                tell(_done(_KINDS[type_], name, survey))

    def _bring(self, some: Sequence[Component], surplus: Sequence[tuple[str, str]]) -> None:
        files = metadata_files(some, self._client.api_version)
        if surplus:
            removal = removal_files(surplus, self._client.api_version)
            files["destructiveChangesPost.xml"] = removal["destructiveChanges.xml"]
        deploy(self._client, self.connection, files, self._sleep)

    def _permit(self, name: str, found: FoundSet, lacking: Lacking) -> None:
        """Added to a set that is there, row by row: a deployed set would replace what others put into it."""
        fields: list[Node] = []
        for permitted, edit in lacking.fields.items():
            rights = {"PermissionsRead": True, "PermissionsEdit": edit}
            fields.append(_row("FieldPermissions", found.fields.get(permitted, ("",))[0], rights,
                               ParentId=found.id, SobjectType=permitted.partition(".")[0], Field=permitted))  # fmt: skip
        objects: list[Node] = []
        for object_, missing in lacking.objects.items():
            rights = {RIGHTS[right]: True for right in missing}
            objects.append(_row("ObjectPermissions", found.objects.get(object_, ("",))[0], rights,
                                ParentId=found.id, SobjectType=object_))  # fmt: skip
        self._save(objects)
        self._save(fields)
        if lacking.users:
            body = {f"Permissions{one}": True for one in lacking.users}
            self._change("PATCH", f"sobjects/PermissionSet/{soql.check_id(found.id)}", body)
        if lacking.custom and (bypass := self._findings.custom_permission(BYPASS)):
            self._change("POST", "sobjects/SetupEntityAccess", {"ParentId": found.id, "SetupEntityId": bypass})

    def _save(self, rows: Sequence[Node]) -> None:
        for method, wanted in (("PATCH", True), ("POST", False)):
            some = [one for one in rows if ("id" in one) is wanted]
            for batch in split(some, _COLLECTION):
                answer = self._change(method, "composite/sobjects", {"allOrNone": True, "records": batch})
                self._check_rows(answer)

    def _check_rows(self, answer: Any) -> None:
        bad = [one for one in answer if not one.get("success")] if isinstance(answer, list) else []
        if bad:
            errors = [error for one in bad for error in one.get("errors") or ()]
            told = [
                Refusal("failed", str(e.get("statusCode") or ""), redact(str(e.get("message") or ""))) for e in errors
            ]
            raise SetupRefused(
                self.connection, [one for one in told if one.name != "ALL_OR_NONE_OPERATION_ROLLED_BACK"]
            )

    def _complete_types(self, wanted: Sequence[Component], tell: Tell) -> None:
        for name, id_, changed, lacking in list(self._incomplete_types(wanted)):
            if changed is not None:
                self._change("PATCH", f"tooling/sobjects/RecordType/{soql.check_id(id_)}", {"Metadata": changed})
                tell(Piece("record_type", name, PieceState.THERE, name.partition(".")[2], tuple(lacking)))

    def _assign(self, tell: Tell) -> None:
        user = self._user()
        found = self._findings.permission_sets([INTEGRATION]).get(INTEGRATION)
        if not user or found is None or self._findings.assigned(user, [found.id]):
            return
        self._change("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": found.id})
        tell(Piece("assignment", INTEGRATION, PieceState.THERE, user))

    def _change(self, method: str, path: str, body: Any = None) -> Any:
        """One change. A half-known one is none of ours to repeat: the next look tells whether it was applied."""
        try:
            return self._client.change(method, path, orjson.dumps(body) if body is not None else None)
        except Refused as error:
            if error.answer.code == "DUPLICATE_VALUE":
                return None  # somebody was quicker; it is there
            raise refuse(self.connection, error) from error
        except OutcomeUnknown as error:
            raise TransientError(f"{error}; ask again and it goes on from there") from error

    def export(self, outfit: Outfit) -> Mapping[str, bytes]:
        return export_files(outfit, self._survey(outfit).known)

    # -- taking out ------------------------------------------------------------------------------------------------

    def leftovers(self, outfit: Outfit, *, inputs: bool) -> Sequence[Piece]:
        return [piece for piece, _ in self._leftovers(outfit, inputs=inputs)]

    def _leftovers(self, outfit: Outfit, *, inputs: bool) -> Iterator[tuple[Piece, str]]:
        """(piece, its id), in the order in which they can go."""
        sets = self._findings.permission_sets([*_OURS, *_PEOPLES])
        for name, found in sorted(sets.items()):
            kept = name in _PEOPLES and not inputs
            yield Piece("permission_set", name, PieceState.THERE, kept=kept), found.id
        for name in self._findings.rules(OBJECTS[1:]):
            yield Piece("rule", name, PieceState.THERE), ""
        ours = {view_name(view) for record in outfit.records for view in record.views}
        for name in self._findings.list_views(OBJECTS[1:]):
            if name.partition(".")[2] in ours:
                yield Piece("list_view", name, PieceState.THERE), ""
        if self._findings.custom_permission(BYPASS):
            yield Piece("custom_permission", BYPASS, PieceState.THERE), ""
        yield from self._left_fields(outfit, inputs=inputs)

    def _left_fields(self, outfit: Outfit, *, inputs: bool) -> Iterator[tuple[Piece, str]]:
        """Ours by their names; those for people only where setup made them."""
        ids = self._findings.field_ids(OBJECTS[1:])
        ours = {name.removesuffix("__c") for name in WIRE_NAMES.values()}
        peoples = {f"{r.stream}.{one.name}": one.label for r in outfit.records for one in own_inputs(r)}
        for object_, fields in sorted(ids.items()):
            for name, id_ in sorted(fields.items()):
                full = f"{object_}.{name}__c"
                if name in ours:
                    yield Piece("field", full, PieceState.THERE), id_
                elif full in peoples and self._findings.field(id_).metadata.get("description") == MARK:
                    label = peoples[full].in_(outfit.language)
                    yield Piece("field", full, PieceState.THERE, label, kept=not inputs), id_

    def remove(self, outfit: Outfit, tell: Tell, *, inputs: bool) -> None:
        going = [(piece, id_) for piece, id_ in self._leftovers(outfit, inputs=inputs) if not piece.kept]
        if not going:
            return
        sets = [id_ for piece, id_ in going if piece.kind == "permission_set"]
        for assignment in self._findings.assignments(sets):
            self._change("DELETE", f"sobjects/PermissionSetAssignment/{soql.check_id(assignment)}")
        types = {kind: type_ for type_, kind in _KINDS.items()}
        names = [(types[piece.kind], piece.name) for piece, _ in going]
        purge = self.tenant().sandbox
        deploy(self._client, self.connection, removal_files(names, self._client.api_version), self._sleep, purge=purge)
        for piece, _ in going:
            tell(piece)


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


def _done(kind: str, name: str, survey: _Survey) -> Piece:
    return next(piece for piece in survey.pieces if (piece.kind, piece.name) == (kind, name))


def _row(type_: str, id_: str, rights: Mapping[str, bool], **of: str) -> Node:
    """A row that is there is changed, another is made."""
    head: dict[str, Any] = {"attributes": {"type": type_}}
    return {**head, "id": id_, **rights} if id_ else {**head, **of, **rights}

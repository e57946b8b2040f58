"""Who makes what Baton needs in an org, and takes it out again: with an administrator's credentials, for setup alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from connectors.kit.batch import split
from connectors.kit.errors import Refused, redact
from connectors.kit.shape import shaped_methods
from connectors.salesforce import soql
from connectors.salesforce.client import Client
from connectors.salesforce.comparison import Lacking
from connectors.salesforce.component import (
    APPROVER,
    INPUT,
    INTEGRATION,
    MANAGER,
    MARK,
    NG,
    OBJECTS,
    RULE,
    VIEWER,
    Component,
    own_inputs,
    view_name,
)
from connectors.salesforce.deploy import deploy, refuse
from connectors.salesforce.export import export_files
from connectors.salesforce.fields import WIRE_NAMES
from connectors.salesforce.findings import RIGHTS, Findings, FoundSet
from connectors.salesforce.formula import BYPASS
from connectors.salesforce.package import metadata_files, removal_files
from connectors.salesforce.survey import KINDS, Survey, Surveyor
from connectors.salesforce.xml import Node
from sync.errors import AuthError, Obstacle, OutcomeUnknown, Refusal, SetupRefused, TransientError
from sync.outfit import Lack, Outfit, Piece, PieceKind, PieceState, Tell, refusals_of
from sync.ports import Tenant

_OURS = (INTEGRATION, VIEWER, MANAGER, NG)
_PEOPLES = (INPUT, APPROVER)
_RIGHTS = ("CustomizeApplication", "ModifyMetadata", "AssignPermissionSets")
"""Of whoever changes the org (source: Salesforce Help, "Deploy metadata": these allow it)."""
_COLLECTION = 200


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
        self._surveyor = Surveyor(connection, self._findings)
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
        survey = self._surveyor.survey(outfit)
        return [*survey.pieces, *self._surveyor.record_types(survey.own_fields), *self._assignment(survey)]

    def _assignment(self, survey: Survey) -> Iterator[Piece]:
        user, held = self._user(), survey.sets.get(INTEGRATION)
        if not user:
            yield Piece(PieceKind.ASSIGNMENT, INTEGRATION, PieceState.MISSING, reason=Obstacle.NO_USER)
            return
        has = held is not None and self._findings.assigned(user, [held.id]) == {held.id}
        yield Piece(PieceKind.ASSIGNMENT, INTEGRATION, PieceState.THERE if has else PieceState.MISSING, user)

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
        survey = self._surveyor.survey(outfit)
        if refusals := refusals_of(survey.pieces):
            raise SetupRefused(self.connection, refusals)
        self._deploy(survey, tell)
        for name, lacking in survey.lacking.items():
            self._permit(name, survey.sets[name], lacking)
            tell(_done(PieceKind.PERMISSION_SET, name, survey))
        self._complete_types(survey.own_fields, tell)
        self._assign(tell)

    def _deploy(self, survey: Survey, tell: Tell) -> None:
        rules = [one for one in survey.deployed if one.type == RULE]
        rest = [one for one in survey.deployed if one.type != RULE]
        # Rules test fields and a permission: in a deployment after that in which these come.
        for some, surplus in ((rest, ()), (rules, survey.surplus)):
            if some or surplus:
                self._bring(some, surplus)
            for type_, name in [*((one.type, one.name) for one in some), *surplus]:
                tell(_done(KINDS[type_], name, survey))

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
                Refusal(Obstacle.FAILED, str(e.get("statusCode") or ""), redact(str(e.get("message") or "")))
                for e in errors
            ]
            raise SetupRefused(
                self.connection, [one for one in told if one.name != "ALL_OR_NONE_OPERATION_ROLLED_BACK"]
            )

    def _complete_types(self, wanted: Sequence[Component], tell: Tell) -> None:
        for name, id_, changed, lacking in list(self._surveyor.incomplete_types(wanted)):
            if changed is not None:
                self._change("PATCH", f"tooling/sobjects/RecordType/{soql.check_id(id_)}", {"Metadata": changed})
                tell(Piece(PieceKind.RECORD_TYPE, name, PieceState.THERE, name.partition(".")[2], tuple(lacking)))

    def _assign(self, tell: Tell) -> None:
        user = self._user()
        found = self._findings.permission_sets([INTEGRATION]).get(INTEGRATION)
        if not user or found is None or self._findings.assigned(user, [found.id]):
            return
        self._change("POST", "sobjects/PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": found.id})
        tell(Piece(PieceKind.ASSIGNMENT, INTEGRATION, PieceState.THERE, user))

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
        return export_files(outfit, self._surveyor.survey(outfit).known)

    # -- taking out ------------------------------------------------------------------------------------------------

    def leftovers(self, outfit: Outfit, *, inputs: bool) -> Sequence[Piece]:
        return [piece for piece, _ in self._leftovers(outfit, inputs=inputs)]

    def _leftovers(self, outfit: Outfit, *, inputs: bool) -> Iterator[tuple[Piece, str]]:
        """(piece, its id), in the order in which they can go."""
        sets = self._findings.permission_sets([*_OURS, *_PEOPLES])
        for name, found in sorted(sets.items()):
            kept = name in _PEOPLES and not inputs
            yield Piece(PieceKind.PERMISSION_SET, name, PieceState.THERE, kept=kept), found.id
        for name in self._findings.rules(OBJECTS[1:]):
            yield Piece(PieceKind.RULE, name, PieceState.THERE), ""
        ours = {view_name(view) for record in outfit.records for view in record.views}
        for name in self._findings.list_views(OBJECTS[1:]):
            if name.partition(".")[2] in ours:
                yield Piece(PieceKind.LIST_VIEW, name, PieceState.THERE), ""
        if self._findings.custom_permission(BYPASS):
            yield Piece(PieceKind.CUSTOM_PERMISSION, BYPASS, PieceState.THERE), ""
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
                    yield Piece(PieceKind.FIELD, full, PieceState.THERE), id_
                elif full in peoples and self._findings.field(id_).metadata.get("description") == MARK:
                    label = peoples[full].in_(outfit.language)
                    yield Piece(PieceKind.FIELD, full, PieceState.THERE, label, kept=not inputs), id_

    def remove(self, outfit: Outfit, tell: Tell, *, inputs: bool) -> None:
        going = [(piece, id_) for piece, id_ in self._leftovers(outfit, inputs=inputs) if not piece.kept]
        if not going:
            return
        sets = [id_ for piece, id_ in going if piece.kind == PieceKind.PERMISSION_SET]
        for assignment in self._findings.assignments(sets):
            self._change("DELETE", f"sobjects/PermissionSetAssignment/{soql.check_id(assignment)}")
        types = {kind: type_ for type_, kind in KINDS.items()}
        names = [(types[piece.kind], piece.name) for piece, _ in going]
        purge = self.tenant().sandbox
        deploy(self._client, self.connection, removal_files(names, self._client.api_version), self._sleep, purge=purge)
        for piece, _ in going:
            tell(piece)


def _done(kind: PieceKind, name: str, survey: Survey) -> Piece:
    return next(piece for piece in survey.pieces if (piece.kind, piece.name) == (kind, name))


def _row(type_: str, id_: str, rights: Mapping[str, bool], **of: str) -> Node:
    """A row that is there is changed, another is made."""
    head: dict[str, Any] = {"attributes": {"type": type_}}
    return {**head, "id": id_, **rights} if id_ else {**head, **of, **rights}

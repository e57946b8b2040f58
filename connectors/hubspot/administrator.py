"""Who makes what Baton needs in a portal, and takes it out again: with a key of its own, for setup alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.hubspot.client import Client
from connectors.hubspot.fields import GROUP, WIRE_NAMES
from connectors.hubspot.outfit import (
    INPUT_GROUP,
    MARK,
    Wanted,
    export_files,
    schema_scopes,
    wanted_groups,
    wanted_properties,
)
from connectors.hubspot.source import SANDBOXES
from connectors.kit.errors import Answer, Refused, redact
from connectors.kit.shape import shaped_methods
from sync.errors import Obstacle, OutcomeUnknown, Refusal, SetupRefused, StreamUnavailable, TransientError
from sync.outfit import Lack, Outfit, Piece, PieceKind, PieceState, Tell, refusals_of
from sync.ports import Tenant

_Definition = Mapping[str, Any]
_WAIT_S, _WAITS = 0.25, 40
"""A new property can be used after 250–700 ms (source: observed on a live account)."""
_CODES = (
    (Obstacle.USED, ("cannot_delete_property_in_use", "in use")),
    (Obstacle.LIMIT, ("limit", "maximum number")),
)


@shaped_methods
class HubSpotAdministrator:
    """See `sync.outfit.Administrator`."""

    def __init__(self, connection: str, client: Client, sleep: Callable[[float], None] = time.sleep) -> None:
        self.connection = connection
        self._client = client
        self._sleep = sleep

    def tenant(self) -> Tenant:
        account = self._client.account()
        portal = str(account["portalId"])
        sandbox = account.get("accountType") in SANDBOXES
        return Tenant(portal, urlsplit(self._client.address).netloc, sandbox, f"portal {portal}")

    def lacks(self) -> Sequence[Lack]:
        granted = self._client.granted()
        lacking = () if granted is None else tuple(one for one in schema_scopes() if one not in granted)
        return [Lack("schemas", lacking)] if lacking else []

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(self, outfit: Outfit) -> Sequence[Piece]:
        return [piece for piece, _, _ in self._look(outfit)]

    def _look(self, outfit: Outfit) -> Iterator[tuple[Piece, str, dict[str, Any] | None]]:
        """(piece, object type, what to send for it): groups first, and only those that something is to go into."""
        held = {stream: self._properties(stream) for stream in _streams(outfit)}
        found = [(one, *compare(one, held[one.stream].get(one.name))) for one in wanted_properties(outfit)]
        filled = {
            (one.stream, str(one.body["groupName"])) for one, piece, _ in found if piece.state is PieceState.MISSING
        }
        for stream, body in wanted_groups(outfit):
            name, label = str(body["name"]), str(body["label"])
            if name in self._groups(stream):
                yield Piece(PieceKind.GROUP, f"{stream}.{name}", PieceState.THERE, label), stream, None
            elif (stream, name) in filled:
                yield Piece(PieceKind.GROUP, f"{stream}.{name}", PieceState.MISSING, label), stream, body
        for one, piece, body in found:
            yield piece, one.stream, body

    def _properties(self, stream: str) -> dict[str, _Definition]:
        return self._listed(self._client.paths.properties(stream), stream)

    def _groups(self, stream: str) -> dict[str, _Definition]:
        return self._listed(f"{self._client.paths.properties(stream)}/groups", stream)

    def _listed(self, path: str, stream: str) -> dict[str, _Definition]:
        try:
            told = self._client.get(path, stream=stream)["results"]
        except StreamUnavailable as error:
            raise SetupRefused(self.connection, [Refusal(Obstacle.NO_RIGHT, stream, error.reason)]) from error
        return {one["name"]: one for one in told if not one.get("archived")}

    # -- making ----------------------------------------------------------------------------------------------------

    def apply(self, outfit: Outfit, tell: Tell) -> None:
        """Groups, then properties, one by one: what is done stays, and what exists already is compared."""
        steps = list(self._look(outfit))
        if refusals := refusals_of(piece for piece, _, _ in steps):
            raise SetupRefused(self.connection, refusals)
        made: dict[str, set[str]] = {}
        for piece, stream, body in steps:
            if body is None or piece.state is PieceState.THERE:
                continue
            self._send(piece, stream, body)
            tell(piece)
            if piece.kind == PieceKind.FIELD:
                made.setdefault(stream, set()).add(piece.name.partition(".")[2])
        for stream, names in made.items():
            self._await(stream, names)

    def _send(self, piece: Piece, stream: str, body: dict[str, Any]) -> None:
        base = self._client.paths.properties(stream)
        if piece.kind == PieceKind.GROUP:
            self._change("POST", f"{base}/groups", body, piece.name)
        elif piece.state is PieceState.MISSING:
            self._change("POST", base, body, piece.name)
        else:
            self._change("PATCH", f"{base}/{piece.name.partition('.')[2]}", body, piece.name)

    def _await(self, stream: str, names: set[str]) -> None:
        for _ in range(_WAITS):
            if names <= set(self._properties(stream)):
                return
            self._sleep(_WAIT_S)
        raise TransientError("HubSpot has taken the new properties and does not show them yet; ask again in a minute")

    def _change(self, method: str, path: str, body: Any, name: str) -> None:
        try:
            self._client.change(method, path, body, stream=name)
        except OutcomeUnknown as error:
            raise TransientError(f"{error}; ask again and it goes on from there") from error
        except StreamUnavailable as error:
            raise SetupRefused(self.connection, [Refusal(Obstacle.NO_RIGHT, name, error.reason)]) from error
        except Refused as error:
            if _is_there_already(method, error.answer) or _is_gone_already(method, error.answer):
                return  # an answer to an earlier try was lost, or somebody was quicker
            raise SetupRefused(self.connection, [_refusal(name, error.answer)]) from error

    def export(self, outfit: Outfit) -> Mapping[str, bytes]:
        """Without properties of the company's own."""
        foreign = {
            one.name
            for one in wanted_properties(outfit)
            if not one.ours and (found := self._properties(one.stream).get(one.name)) and MARK not in _described(found)
        }
        return export_files(outfit, frozenset(foreign))

    # -- taking out ------------------------------------------------------------------------------------------------

    def leftovers(self, outfit: Outfit, *, inputs: bool) -> Sequence[Piece]:
        return [piece for stream in _streams(outfit) for piece in self._left(stream, outfit, inputs=inputs)]

    def _left(self, stream: str, outfit: Outfit, *, inputs: bool) -> Iterator[Piece]:
        """Ours by their names; those for people only where setup made them. A group goes when nothing is left in it."""
        peoples = {one.name for one in wanted_properties(outfit) if not one.ours}
        staying: set[str] = set()
        for name, one in sorted(self._properties(stream).items()):
            made = name in peoples and MARK in _described(one)
            if name in _OURS or made:
                kept = made and not inputs
                yield Piece(
                    PieceKind.FIELD, f"{stream}.{name}", PieceState.THERE, str(one.get("label") or ""), kept=kept
                )
                staying |= {str(one.get("groupName"))} if kept else set()
            else:
                staying.add(str(one.get("groupName")))
        for name, one in self._groups(stream).items():
            if name in (GROUP, INPUT_GROUP):
                kept = name in staying or (name == INPUT_GROUP and not inputs)
                yield Piece(
                    PieceKind.GROUP, f"{stream}.{name}", PieceState.THERE, str(one.get("label") or ""), kept=kept
                )

    def remove(self, outfit: Outfit, tell: Tell, *, inputs: bool) -> None:
        for stream in _streams(outfit):
            base = self._client.paths.properties(stream)
            for piece in list(self._left(stream, outfit, inputs=inputs)):
                if piece.kept:
                    continue
                name = piece.name.partition(".")[2]
                path = f"{base}/groups/{name}" if piece.kind == PieceKind.GROUP else f"{base}/{name}"
                self._change("DELETE", path, None, piece.name)
                tell(piece)


_OURS = frozenset(WIRE_NAMES.values())


def _described(found: _Definition) -> str:
    return str(found.get("description") or "")


def _streams(outfit: Outfit) -> list[str]:
    return [record.stream for record in outfit.records]


def compare(wanted: Wanted, found: _Definition | None) -> tuple[Piece, dict[str, Any] | None]:
    """What is said of a property, and what to send to make or mend it. One of the company's own is left as it is."""
    name, label = f"{wanted.stream}.{wanted.name}", str(wanted.body["label"])
    if found is None:
        return Piece(PieceKind.FIELD, name, PieceState.MISSING, label), wanted.body
    if not wanted.ours and MARK not in _described(found):
        return Piece(PieceKind.FIELD, name, PieceState.THERE, label), None
    if found["type"] != wanted.body["type"]:
        details = (str(found["type"]), str(wanted.body["type"]))
        return Piece(PieceKind.FIELD, name, PieceState.BLOCKED, label, details, Obstacle.OTHER_TYPE), None
    if (found.get("modificationMetadata") or {}).get("readOnlyValue"):
        return Piece(PieceKind.FIELD, name, PieceState.BLOCKED, label, (), Obstacle.READ_ONLY), None
    options, added = merge_options(found.get("options") or [], wanted.body.get("options") or [])
    changes: dict[str, Any] = {"options": options} if added else {}
    if (found.get("fieldType"), wanted.body["fieldType"]) == ("text", "textarea"):
        changes["fieldType"] = "textarea"
        added = [*added, "text → textarea"]
    if not changes:
        return Piece(PieceKind.FIELD, name, PieceState.THERE, label), None
    return Piece(PieceKind.FIELD, name, PieceState.DIFFERENT, label, tuple(added)), changes


def merge_options(
    held: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Every option that is there as it is, then those that are missing; and the labels of what that adds.

    What is sent replaces the whole list, so nothing of it may be left out (source: observed on a live account).
    """
    by_value = {str(one["value"]): one for one in wanted}
    merged: list[dict[str, Any]] = []
    added: list[str] = []
    for one in held:
        shown = {name: one[name] for name in ("label", "value", "displayOrder", "hidden", "description") if name in one}
        if one.get("hidden") and str(one["value"]) in by_value:
            shown["hidden"] = False
            added.append(str(one["label"]))
        merged.append(shown)
    last = max((int(one.get("displayOrder", -1)) for one in held), default=-1)
    known = {str(one["value"]) for one in held}
    for place, one in enumerate((one for value, one in by_value.items() if value not in known), last + 1):
        merged.append({**one, "displayOrder": place})
        added.append(str(one["label"]))
    return merged, added


def _is_there_already(method: str, answer: Answer) -> bool:
    return method == "POST" and answer.status == 409


def _is_gone_already(method: str, answer: Answer) -> bool:
    return method == "DELETE" and answer.status == 404


def _refusal(name: str, answer: Answer) -> Refusal:
    text = f"{answer.text} {answer.body}".lower()
    code = next((code for code, marks in _CODES if any(mark in text for mark in marks)), Obstacle.FAILED)
    return Refusal(code, name, redact(answer.text) or answer.code or str(answer.status))

"""What `setup` shows: pieces, refusals and plans as lines, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.cli.show import printable
from sync.errors import Obstacle, Refusal
from sync.outfit import Piece, PieceKind, PieceState
from sync.wording import Say

if TYPE_CHECKING:
    from sync.admin import Desk
    from sync.flow.setup import SetupPlan


def head_lines(desk: Desk, one: SetupPlan, say: Say) -> list[str]:
    tenant = one.tenant
    name = printable(tenant.name)
    head = [say("tenant", connection=desk.connection, name=name, id=tenant.tenant_id, host=tenant.host)]
    return [*head, *([say("own_credentials")] if desk.own else [])]


def plan_lines(one: SetupPlan, say: Say, details: int | None) -> list[str]:
    lines: list[str] = []
    for piece in one.open:
        if piece.state is PieceState.BLOCKED:
            continue
        if piece.reason is Obstacle.NO_USER:
            lines.append(say("no_user"))
            continue
        kind, state = say(f"kind.{piece.kind}"), say(f"state.{piece.state}")
        lines.append(say("piece", state=state, kind=kind, name=printable(piece.name), label=label_of(piece, say)))
        lines += [say("detail", detail=printable(detail)) for detail in piece.details[:details]]
        if details is not None and len(piece.details) > details:
            lines.append(say("more_details", count=len(piece.details) - details))
    if one.refusals:
        return lines
    there = len(one.pieces) - len(one.open)
    return [*lines, say("to_do", count=len(one.open), there=there) if one.open else say("nothing", count=there)]


def removal_lines(one: SetupPlan, say: Say) -> list[str]:
    going, kept = [p for p in one.pieces if not p.kept], [p for p in one.pieces if p.kept]
    lines = [
        say("remove_piece", kind=say(f"kind.{p.kind}"), name=printable(p.name), label=label_of(p, say)) for p in going
    ]
    lines.append(say("remove_head", count=len(going)) if going else say("remove_nothing"))
    return [*lines, *([say("remove_kept", names=", ".join(printable(p.name) for p in kept))] if kept else [])]


def label_of(piece: Piece, say: Say) -> str:
    return say("label", label=printable(piece.label)) if piece.label and piece.kind != PieceKind.ASSIGNMENT else ""


def left_lines(end: SetupPlan, say: Say) -> list[str]:
    if not end.open:
        return []
    if any(one.reason is Obstacle.NO_USER for one in end.open):
        return [say("no_user")]
    return [say("unfinished", connection=end.connection, names=", ".join(printable(one.name) for one in end.open))]


def refusal_lines(connection: str, refusals: Sequence[Refusal], say: Say) -> list[str]:
    if not refusals:
        return []
    lines = [say(f"refused.{one.code}", name=printable(one.name), detail=printable(one.detail)) for one in refusals]
    return [say("refused", connection=connection), *lines]


def plan_json(one: SetupPlan) -> dict[str, Any]:
    return {
        "connection": one.connection,
        "tenant": one.tenant,
        "to_do": one.open,
        "there": len(one.pieces) - len(one.open),
        "refused": one.refusals,
    }

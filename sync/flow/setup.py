"""Setting a CRM up and taking it out again: only the tenant that is meant, and only when nobody is writing to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.errors import AuthError, Obstacle, Refusal, SetupRefused, StreamUnavailable, TransientError
from sync.flow.context import Context, Mode
from sync.outfit import Administrator, Lack, Outfit, Piece, PieceState, Tell, refusals_of
from sync.ports import Source, Tenant
from sync.store import streams


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """What would be made in one CRM."""

    connection: str
    tenant: Tenant
    pieces: Sequence[Piece]
    refusals: Sequence[Refusal] = field(default=())
    """Why none of it would be."""

    @property
    def open(self) -> list[Piece]:
        """What is not there yet."""
        return [piece for piece in self.pieces if piece.state is not PieceState.THERE]


def plan_setup(context: Context, administrator: Administrator, outfit: Outfit, daemon: Source | None) -> SetupPlan:
    """Look, and change nothing. Raises AuthError, TransientError, SetupRefused."""
    tenant = administrator.tenant()
    refusals = [*_refuse_tenant(context, administrator.connection, tenant, daemon)]
    pieces = administrator.look(outfit) if not refusals else ()
    refusals += [_lack(one) for one in administrator.lacks()]
    refusals += refusals_of(pieces)
    return SetupPlan(administrator.connection, tenant, pieces, refusals)


def apply_setup(
    context: Context, administrator: Administrator, outfit: Outfit, daemon: Source | None, tell: Tell
) -> SetupPlan:
    """Make what is missing, then look again: what is there now. Raises SetupRefused before anything is changed, AuthError,
    TransientError."""
    _refuse(context, administrator, daemon)
    administrator.apply(outfit, tell)
    return SetupPlan(administrator.connection, administrator.tenant(), administrator.look(outfit))


def plan_removal(
    context: Context, administrator: Administrator, outfit: Outfit, daemon: Source | None, *, inputs: bool
) -> SetupPlan:
    """What would be taken out. Raises AuthError, TransientError."""
    tenant = administrator.tenant()
    refusals = [*_refuse_tenant(context, administrator.connection, tenant, daemon)]
    pieces = administrator.leftovers(outfit, inputs=inputs) if not refusals else ()
    refusals += [_lack(one) for one in administrator.lacks()] if pieces else []
    return SetupPlan(administrator.connection, tenant, pieces, refusals)


def remove_setup(
    context: Context, administrator: Administrator, outfit: Outfit, daemon: Source | None, tell: Tell, *, inputs: bool
) -> None:
    """Take out what is ours. The caller holds the store, so that no daemon writes meanwhile. Raises SetupRefused before
    anything is changed, AuthError, TransientError."""
    _refuse(context, administrator, daemon)
    administrator.remove(outfit, tell, inputs=inputs)


def refuse_writing(context: Context) -> Sequence[Refusal]:
    """A daemon in this mode would find its fields gone."""
    return [] if context.mode is Mode.OBSERVE else [Refusal(Obstacle.WRITING, context.mode.value)]


def _refuse(context: Context, administrator: Administrator, daemon: Source | None) -> None:
    refusals = [*_refuse_tenant(context, administrator.connection, administrator.tenant(), daemon)]
    refusals += [_lack(one) for one in administrator.lacks()]
    if refusals:
        raise SetupRefused(administrator.connection, refusals)


def _refuse_tenant(context: Context, connection: str, found: Tenant, daemon: Source | None) -> Sequence[Refusal]:
    """The tenant that the store belongs to; before the first contact the one that the daemon reaches."""
    with context.store.read() as tx:
        meant = streams.read_tenants(tx).get(connection)
    if meant is None and daemon is not None:
        meant = _reached(daemon)
    if meant is not None and not meant.is_same(found):
        return [Refusal(Obstacle.OTHER_TENANT, _named(found), _named(meant))]
    if found.production and not context.production:
        return [Refusal(Obstacle.PRODUCTION, _named(found))]
    return []


def _reached(daemon: Source) -> Tenant | None:
    """None where the daemon's user may not even ask yet: that is what setup is about to change."""
    try:
        return daemon.tenant()
    except (AuthError, TransientError, StreamUnavailable):
        return None


def _named(tenant: Tenant) -> str:
    return f"{tenant.name} ({tenant.tenant_id}, {tenant.host})"


def _lack(lack: Lack) -> Refusal:
    return Refusal(Obstacle.NO_RIGHT, ", ".join(lack.named))

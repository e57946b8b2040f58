"""Whether each connection leads where it should, with the rights, the time and the calls that it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sync.errors import AuthError, ConfigError
from sync.flow.check.file import tell_problems
from sync.flow.check.finding import Finding
from sync.flow.check.seen import Seen
from sync.flow.connect import CLOCKS_APART
from sync.flow.context import Context, Mode
from sync.ports import Tenant

SKEW = timedelta(minutes=5)
OTHERS = 0.8


def find_account(context: Context, seen: Seen, pinned: Tenant | None) -> Iterator[Finding]:
    """What is wrong with the connection as such."""
    name = seen.connection
    if isinstance(seen.error, ConfigError):
        yield from tell_problems("config", seen.error)
    elif seen.error is not None:
        kind = "refused" if isinstance(seen.error, AuthError) else "unreachable"
        yield Finding(kind, name, {"message": str(seen.error)})
    if seen.tenant is not None:
        yield from _find_tenant(context, seen, seen.tenant, pinned)
    if seen.account is None:
        return
    yield from (Finding("scope_missing", name, {"scope": scope, "user": seen.user}) for scope in seen.account.lacking)
    if not seen.account.rights_known:
        yield Finding("rights_unknown", name)
    month = context.rules.definition.fiscal_year_start
    if seen.account.fiscal_year_start not in (None, month):
        yield Finding("fiscal_year", name, {"there": seen.account.fiscal_year_start, "here": month})


def _find_tenant(context: Context, seen: Seen, found: Tenant, pinned: Tenant | None) -> Iterator[Finding]:
    name = seen.connection
    parts = {"tenant": found.name, "id": found.tenant_id, "host": found.host}
    if seen.account is not None:
        more = {"user": seen.user, "edition": seen.account.edition or "?"}
        yield Finding("account", name, {**parts, **more, "sandbox": found.sandbox})
    if pinned is not None and not pinned.is_same(found):
        yield Finding("other_tenant", name, {**parts, "pinned": pinned.name, "pinned_id": pinned.tenant_id})
    if found.production and not context.production:
        yield Finding("production_observed" if context.mode is Mode.OBSERVE else "production_refused", name, parts)


def find_time(seen: Sequence[Seen], now: datetime) -> Iterator[Finding]:
    """`now` is this machine's."""
    told = {one.connection: one.at for one in seen if one.at is not None}
    for name, at in told.items():
        if abs(at - now) > SKEW:
            yield Finding("clock_skew", name, {"there": at, "here": now})
    if told and max(told.values()) - min(told.values()) > CLOCKS_APART:
        shown = ", ".join(f"{name} {at:%Y-%m-%d %H:%M} UTC" for name, at in sorted(told.items()))
        yield Finding("clocks_apart", "connections", {"clocks": shown})


def find_budget(seen: Seen, planned: int) -> Iterator[Finding]:
    """`planned`: calls of a day on which nothing changes."""
    usage, name = seen.usage, seen.connection
    if seen.account is None:
        return
    parts: Mapping[str, object] = {
        "planned": planned,
        "allowance": usage.allowance if usage.allowance is not None else "?",
        "used": usage.quota_used if usage.quota_used is not None else "?",
        "max": usage.quota_max if usage.quota_max is not None else "?",
    }
    yield Finding("budget", name, parts)
    if usage.allowance is not None and planned > usage.allowance:
        yield Finding("budget_short", name, parts)
    if usage.quota_max and usage.quota_used is not None:
        others = usage.quota_used - usage.ours
        if others > OTHERS * usage.quota_max:
            yield Finding("budget_others", name, {**parts, "others": others})

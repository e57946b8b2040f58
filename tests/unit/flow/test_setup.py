"""Only the tenant that is meant is set up, with the rights that it takes, and nothing is half refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from sync.errors import AuthError, Obstacle, SetupRefused
from sync.flow.context import Context, Mode
from sync.flow.setup import apply_setup, plan_removal, plan_setup, refuse_writing, remove_setup
from sync.outfit import Lack, Outfit, Piece, PieceKind, PieceState, Tell
from sync.ports import Tenant
from sync.store import streams
from tests.store.house import House

SANDBOX = Tenant("00D1", "acme--uat.sandbox.my.salesforce.com", True, "ACME")
OTHER = replace(SANDBOX, tenant_id="00D2", name="Beta")
LIVE = replace(SANDBOX, host="acme.my.salesforce.com", sandbox=False)
OUTFIT = Outfit("salesforce", "ja", (), {}, {}, {})
MISSING = Piece(PieceKind.FIELD, "Lead.Baton_Status__c", PieceState.MISSING)
BLOCKED = Piece(
    PieceKind.FIELD,
    "Lead.Baton_Note__c",
    PieceState.BLOCKED,
    details=("Text", "LongTextArea"),
    reason=Obstacle.OTHER_TYPE,
)


@dataclass
class Admin:
    """An administrator of a CRM that does not exist."""

    found: Tenant = SANDBOX
    pieces: Sequence[Piece] = (MISSING,)
    rights: Sequence[Lack] = ()
    done: list[str] = field(default_factory=list[str])
    connection: str = "salesforce"

    def tenant(self) -> Tenant:
        return self.found

    def lacks(self) -> Sequence[Lack]:
        return self.rights

    def look(self, outfit: Outfit) -> Sequence[Piece]:
        return self.pieces

    def apply(self, outfit: Outfit, tell: Tell) -> None:
        self.done.append("apply")

    def export(self, outfit: Outfit) -> Mapping[str, bytes]:
        return {}

    def leftovers(self, outfit: Outfit, *, inputs: bool) -> Sequence[Piece]:
        return self.pieces

    def remove(self, outfit: Outfit, tell: Tell, *, inputs: bool) -> None:
        self.done.append("remove")


class Daemon:
    """The connection as the daemon has it."""

    def __init__(self, found: Tenant | None) -> None:
        self.found = found

    def tenant(self) -> Tenant:
        if self.found is None:
            raise AuthError("no rights yet")
        return self.found


@pytest.fixture
def context(house: House) -> Context:
    return replace(house.context, production=False, mode=Mode.OBSERVE)


def pin(context: Context, tenant: Tenant, house: House) -> None:
    with context.store.write() as tx:
        streams.pin_tenant(tx, "salesforce", tenant, house.clock.now)


def refused(context: Context, admin: Admin, daemon: Tenant | None = None) -> list[str]:
    """By codes; whatever refuses a plan refuses to apply and to remove, before anything is done."""
    source = Daemon(daemon)
    told = [one.code for one in plan_setup(context, admin, OUTFIT, source).refusals]  # type: ignore[arg-type]  # a source for what is asked of it here
    for act in (
        lambda: apply_setup(context, admin, OUTFIT, source, print),  # type: ignore[arg-type]  # as above
        lambda: remove_setup(context, admin, OUTFIT, source, print, inputs=False),  # type: ignore[arg-type]  # as above
    ):
        if told:
            with pytest.raises(SetupRefused) as error:
                act()
            assert [one.code for one in error.value.refusals] == told
    assert admin.done == []
    return told


def test_the_pinned_tenant_alone(context: Context, house: House) -> None:
    pin(context, SANDBOX, house)
    assert refused(context, Admin()) == []
    assert refused(context, Admin(OTHER)) == ["other_tenant"]
    assert refused(context, Admin(replace(SANDBOX, host="elsewhere.my.salesforce.com"))) == ["other_tenant"]


def test_before_the_first_contact_the_one_that_the_daemon_reaches(context: Context) -> None:
    assert refused(context, Admin(OTHER), SANDBOX) == ["other_tenant"]
    assert refused(context, Admin(), SANDBOX) == []


def test_a_daemon_that_may_not_ask_yet_is_no_hindrance(context: Context) -> None:
    assert refused(context, Admin(), None) == []
    assert [one.code for one in plan_setup(context, Admin(), OUTFIT, None).refusals] == []


def test_production_only_where_it_is_written(context: Context) -> None:
    assert refused(context, Admin(LIVE)) == ["production"]
    assert refused(replace(context, production=True), Admin(LIVE)) == []


def test_a_simulator_on_this_machine_is_no_production(context: Context) -> None:
    assert refused(context, Admin(replace(LIVE, host="127.0.0.1:8080"))) == []


def test_another_tenant_is_not_even_looked_at(context: Context, house: House) -> None:
    pin(context, SANDBOX, house)
    assert plan_setup(context, Admin(OTHER), OUTFIT, None).pieces == ()
    assert plan_removal(context, Admin(OTHER), OUTFIT, None, inputs=False).pieces == ()


def test_a_lacking_right_is_named_before_anything_is_sent(context: Context) -> None:
    admin = Admin(rights=(Lack("customize", ("CustomizeApplication", "ModifyMetadata")),))
    assert refused(context, admin) == ["no_right"]
    (one,) = plan_setup(context, admin, OUTFIT, None).refusals
    assert one.name == "CustomizeApplication, ModifyMetadata"


def test_a_plan_says_what_is_in_the_way(context: Context) -> None:
    (one,) = plan_setup(context, Admin(pieces=(MISSING, BLOCKED)), OUTFIT, None).refusals
    assert (one.code, one.name, one.detail) == ("other_type", "Lead.Baton_Note__c", "Text → LongTextArea")


def test_what_is_there_is_not_to_be_done(context: Context) -> None:
    there = replace(MISSING, state=PieceState.THERE)
    assert plan_setup(context, Admin(pieces=(there, BLOCKED)), OUTFIT, None).open == [BLOCKED]


@pytest.mark.parametrize(("mode", "codes"), [(Mode.OBSERVE, []), (Mode.PILOT, ["writing"]), (Mode.WRITE, ["writing"])])
def test_nothing_is_taken_from_under_a_mode_that_writes(context: Context, mode: Mode, codes: list[str]) -> None:
    assert [one.code for one in refuse_writing(replace(context, mode=mode))] == codes

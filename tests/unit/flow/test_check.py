"""What `check` says of what it saw: pure decisions over facts, the unhappy ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from sync import resources
from sync.app import read_settings, stream_specs
from sync.budget import Usage
from sync.core.calendar import Calendars, CalendarSpec, compile_calendar
from sync.core.model.flags import FLAG_FIELDS, FlagType, fields_on
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.definition import StartKind, StartSpec
from sync.errors import AuthError, BatonError, ConfigError, Problem, StreamUnavailable, TransientError
from sync.flow.check import Finding, Known, find_all
from sync.flow.check.seen import Seen
from sync.flow.context import Context, Mode
from sync.flow.outfit import options_of
from sync.inspection import Access, AccountFacts, FieldFacts, ObjectFacts, Sort
from sync.ports import Connection, StreamSpec, Tenant

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
SORTS = {
    FlagType.CHOICE: Sort.CHOICE, FlagType.MULTI_CHOICE: Sort.MULTI_CHOICE, FlagType.NUMBER: Sort.NUMBER,
    FlagType.INSTANT: Sort.INSTANT, FlagType.TEXT: Sort.TEXT, FlagType.LONG_TEXT: Sort.TEXT,
}  # fmt: skip
IS, FS, BOT = (RecordRef("salesforce", "User", name) for name in ("is1", "fs1", "cti"))


@pytest.fixture(scope="module")
def context() -> Context:
    """The example company, whose connections nobody asks anything."""
    settings = read_settings(resources.room("examples/saas-jp"))
    connections = {
        one.name: Connection(one.name, one.kind, cast(Any, None), cast(Any, None), stream_specs(settings, one.name))
        for one in settings.connections
    }
    made = Context(cast(Any, None), connections, settings.mapping, settings.rules, settings.tables, Mode.OBSERVE)
    definition = replace(made.rules.definition, integration_users=frozenset(), native_sync_users=frozenset({"sync@x.example"}),
                         automation_users=frozenset())  # fmt: skip
    roles = {name: replace(who, users=frozenset()) for name, who in definition.roles.items()}
    return replace(made, rules=replace(made.rules, definition=replace(definition, roles=roles)), production=False)


def facts(context: Context, spec: StreamSpec) -> ObjectFacts:
    """An object on which everything is as it should be."""
    fields = {name: FieldFacts(name, Sort.TEXT, length=1000) for name in spec.fields}
    own = fields_on(spec.kind, spec.chosen) if spec.carries_flags else ()
    fields |= {
        f"B_{flag.name}": FieldFacts(
            f"B_{flag.name}",
            SORTS[flag.type],
            length=flag.length,
            choices=options_of(flag, context.mapping) or None,
            closed=True,
        )
        for flag in own
    }
    return ObjectFacts(spec.name, fields, {flag.name: f"B_{flag.name}" for flag in own})


def user(ref: RecordRef, role: str) -> SourceRecord:
    return SourceRecord(
        ref, Kind.USER, NOW, facts={"email": f"{ref.record_id}@x.example", "active": True, "roles": [role]}
    )


def sound(context: Context) -> list[Seen]:
    users = [user(IS, "IS"), user(FS, "FS"), user(RecordRef("salesforce", "User", "sync"), "")]
    return [
        Seen(
            name,
            tenant=Tenant(name, "127.0.0.1", sandbox=True, name=name),
            account=AccountFacts(f"{name}-user"),
            objects={spec.name: facts(context, spec) for spec in connection.streams},
            samples={("User" if name == "salesforce" else "owners"): users if name == "salesforce" else [
                replace(one, ref=RecordRef("hubspot", "owners", one.ref.record_id)) for one in users
            ]},
            at=NOW,
        )
        for name, connection in context.connections.items()
    ]  # fmt: skip


def find(context: Context, seen: Sequence[Seen], **known: Any) -> list[Finding]:
    return find_all(context, list(seen), {one.connection: Known(**known) for one in seen}, NOW)


def told(found: Sequence[Finding], kind: str) -> Iterator[Finding]:
    return (one for one in found if one.id == kind)


def only(found: Sequence[Finding], kind: str) -> Finding:
    (one,) = told(found, kind)
    return one


def changed(context: Context, name: str = "salesforce", **more: Any) -> list[Seen]:
    return [replace(one, **more) if one.connection == name else one for one in sound(context)]


def with_object(context: Context, stream: str, change: Any, name: str = "salesforce") -> list[Seen]:
    before = next(one for one in sound(context) if one.connection == name).objects
    return changed(context, name, objects={**before, stream: change(before[stream])})


def with_fields(
    context: Context, stream: str, name: str = "salesforce", **more: Mapping[str, Any] | None
) -> list[Seen]:
    """Fields of an object changed, or gone (None)."""

    def change(old: ObjectFacts) -> ObjectFacts:
        fields = {one: replace(info, **(more[one] or {})) if one in more else info for one, info in old.fields.items()}
        return replace(old, fields={one: info for one, info in fields.items() if more.get(one, {}) is not None})

    return with_object(context, stream, change, name)


def activity(number: int, **more: Any) -> SourceRecord:
    at = {"type": "call", "direction": "outbound", "status": "done", "owner": str(IS), "created_by": str(IS), "automated": False,
          "has_content": True, "subjects": [], "at": "2026-11-19T01:00:00Z", "logged_at": "2026-11-19T01:00:00Z"}  # fmt: skip
    return SourceRecord(RecordRef("salesforce", "Task", f"{number:03}"), Kind.ACTIVITY, NOW, facts={**at, **more})


def test_where_everything_is_as_it_should_be_nothing_has_to_be_put_right(context: Context) -> None:
    found = find(context, sound(context))
    assert {one.id for one in found if one.kind.severity != "info"} == {"logging_none"}


# Connections ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "kind"), [(AuthError("no"), "refused"), (TransientError("no"), "unreachable")])
def test_a_connection_that_breaks_is_told_and_what_it_would_have_said_is_held_against_nobody(
    context: Context, error: Exception, kind: str
) -> None:
    found = find(context, changed(context, error=error, account=None, objects={}, samples={}, tenant=None, at=None))
    assert only(found, kind).where == "salesforce"
    assert not {"clock_blind", "role_empty", "user_unknown", "object_missing"} & {one.id for one in found}


def test_another_tenant_than_the_store_has(context: Context) -> None:
    found = find(context, sound(context), pinned=Tenant("other", "127.0.0.1", sandbox=True, name="Other"))
    assert {one.parts["pinned"] for one in told(found, "other_tenant")} == {"Other"}


@pytest.mark.parametrize(("mode", "kind"), [(Mode.OBSERVE, "production_observed"), (Mode.WRITE, "production_refused")])
def test_production_is_watched_and_not_written(context: Context, mode: Mode, kind: str) -> None:
    tenant = Tenant("00D", "acme.my.salesforce.com", sandbox=False, name="Acme")
    seen = changed(context, tenant=tenant)
    assert only(find(replace(context, mode=mode), seen), kind).parts["host"] == tenant.host
    assert not list(told(find(replace(context, mode=mode, production=True), seen), kind))


def test_clocks_that_differ(context: Context) -> None:
    found = find(context, changed(context, at=NOW + timedelta(minutes=16)))
    assert only(found, "clock_skew").where == "salesforce"
    assert "salesforce" in only(found, "clocks_apart").parts["clocks"]
    assert not list(told(find(context, changed(context, at=NOW + timedelta(minutes=4))), "clock_skew"))


def test_scopes_that_are_not_granted_and_a_fiscal_year_that_differs(context: Context) -> None:
    account = AccountFacts("portal 1", lacking=("sales-email-read",), rights_known=True, fiscal_year_start=1)
    found = find(context, changed(context, "hubspot", account=account))
    assert only(found, "scope_missing").parts == {"scope": "sales-email-read", "user": "portal 1"}
    assert only(found, "fiscal_year").parts == {"there": 1, "here": 4}


def test_calls_that_an_idle_day_takes_and_other_tools_leave(context: Context) -> None:
    usage = Usage(5, quota_used=90, quota_max=100, ours=5, allowance=20)
    found = find(context, changed(context, usage=usage), planned=21)
    assert only(found, "budget_short").parts["planned"] == 21
    assert only(found, "budget_others").parts["others"] == 85
    assert not list(told(find(context, changed(context, usage=usage), planned=20), "budget_short"))


# Fields and rights --------------------------------------------------------------------------------------------------------


def test_a_field_that_is_needed_and_one_that_has_a_twin(context: Context) -> None:
    found = find(context, with_fields(context, "Lead", Pain__c=None, MobilePhone=None, Status=None))
    assert {one.parts["field"] for one in told(found, "field_unreadable")} == {"Pain__c", "Status"}
    assert only(found, "field_unreadable_spare").parts["items"] == ("phone",)


def test_a_type_in_which_no_such_value_can_stand(context: Context) -> None:
    wrong = with_fields(
        context, "Lead", Desired_Timing__c={"sort": Sort.BOOLEAN}, Budget_Amount__c={"sort": Sort.NUMBER}
    )
    assert only(find(context, wrong), "field_type").parts["item"] == "timing"


@pytest.mark.parametrize(
    ("field", "change", "kind"),
    [
        ("B_note", None, "flag_missing"),
        ("B_note", {"writable": False}, "flag_readonly"),
        ("B_note", {"sort": Sort.NUMBER}, "flag_type"),
        ("B_note", {"length": 255}, "flag_short"),
        ("B_missing_count", {"length": 2}, "flag_short"),
        ("B_status", {"choices": ("passed",)}, "flag_options"),
    ],
)
def test_what_is_wrong_with_a_field_of_ours(
    context: Context, field: str, change: dict[str, Any] | None, kind: str
) -> None:
    found = only(find(context, with_fields(context, "Lead", **{field: change})), kind)
    assert found.where == f"salesforce:Lead.{field}"
    assert found.parts["user"] == "salesforce-user"
    assert found.kind.severity == "error"


def test_a_list_that_takes_other_values_lacks_nothing(context: Context) -> None:
    open_ = with_fields(context, "Lead", B_status={"choices": (), "closed": False})
    assert not list(told(find(context, open_), "flag_options"))


def test_before_setup_one_finding_an_object_says_so(context: Context) -> None:
    def bare(old: ObjectFacts) -> ObjectFacts:
        return replace(old, fields={name: info for name, info in old.fields.items() if not name.startswith("B_")})

    assert only(find(context, with_object(context, "Lead", bare)), "flag_missing").where == "salesforce:Lead"


def test_a_record_type_that_offers_too_little(context: Context) -> None:
    types = {"Partner": {"B_status": ("passed",)}, "New": {"B_status": options_of(FLAG_FIELDS[0], context.mapping)}}
    found = find(context, with_object(context, "Lead", lambda old: replace(old, record_types=types)))
    assert only(found, "flag_record_type").parts["type"] == "Partner"


def test_an_object_that_may_not_be_edited_says_so_once(context: Context) -> None:
    def closed(old: ObjectFacts) -> ObjectFacts:
        return replace(
            old, editable=False, fields={name: replace(one, writable=False) for name, one in old.fields.items()}
        )

    found = find(context, with_object(context, "Lead", closed))
    assert only(found, "object_readonly").parts == {"object": "Lead", "user": "salesforce-user"}
    assert not list(told(found, "flag_readonly"))


def test_a_user_that_could_edit_what_is_not_ours(context: Context) -> None:
    wide = changed(context, account=AccountFacts("admin@x.example", rights_by_field=True))
    assert {one.where for one in told(find(context, wide), "rights_wide")} == {
        "salesforce:Lead",
        "salesforce:Opportunity",
    }
    assert not list(told(find(context, sound(context)), "rights_wide"))


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        ("Lead", "object_missing"),
        ("Account", "object_missing"),
        ("EmailMessage", "object_off"),
        ("LeadHistory", "history_off"),
    ],
)
def test_an_object_that_nobody_lets_us_read(context: Context, stream: str, kind: str) -> None:
    found = find(context, with_object(context, stream, lambda _: StreamUnavailable(stream, "no such object")))
    assert only(found, kind).parts["reason"] == "no such object"


@pytest.mark.parametrize("stream", ["Lead", "EmailMessage", "LeadHistory"])
@pytest.mark.parametrize("lost", [StreamUnavailable("x", "not found (404)", certain=False), TransientError("busy")])
def test_an_object_of_which_nobody_answered_is_not_called_absent(
    context: Context, stream: str, lost: BatonError
) -> None:
    found = find(context, with_object(context, stream, lambda _: lost))
    assert only(found, "object_unanswered").where == f"salesforce:{stream}"
    assert not {one.id for one in found} & {"object_missing", "object_off", "history_off"}


def test_records_that_could_not_be_looked_at_are_told(context: Context) -> None:
    found = find(context, changed(context, unread={"Task": TransientError("busy")}))
    assert only(found, "object_unanswered").parts["reason"] == "busy"


def test_records_that_are_not_shared(context: Context) -> None:
    lead, hung, elsewhere, gone, shown = (RecordRef("salesforce", "Lead", name) for name in "abcde")
    access = [Access(lead, True, False), Access(hung, False, False), Access(elsewhere, False, False),
              Access(gone, False, False, gone=True), Access(shown, True, True)]  # fmt: skip
    found = find(context, changed(context, access=access, named={hung}))
    assert only(found, "record_readonly").parts["examples"] == (str(lead),)
    assert only(found, "record_unshared").parts["examples"] == (str(hung),)
    assert only(found, "record_unseen").parts["examples"] == (str(elsewhere),)
    assert only(found, "record_unshared").parts["asked"] == 4


# Items, choices, scope ----------------------------------------------------------------------------------------------------


def without(context: Context, item: str, *streams: str) -> Context:
    mapped = {
        key: replace(one, items={name: at for name, at in one.items.items() if name != item})
        if key[1] in streams
        else one
        for key, one in context.mapping.streams.items()
    }
    return replace(context, mapping=replace(context.mapping, streams=mapped))


def test_an_item_that_has_no_field_and_one_that_nobody_can_correct_after_conversion(context: Context) -> None:
    assert only(find(without(context, "pain", "Opportunity"), sound(context)), "item_stuck").parts["item"] == "pain"
    nowhere = find(without(context, "pain", "Opportunity", "Lead", "contacts"), sound(context))
    assert only(nowhere, "item_unmapped").parts["item"] == "pain"
    source = find(without(context, "company", "Account", "Lead", "contacts"), sound(context))
    assert only(source, "item_unmapped_automatic").parts["item"] == "company"
    assert not list(told(find(without(context, "decision_maker", "Opportunity"), sound(context)), "item_stuck"))


def test_choices_and_answers_that_nobody_knows(context: Context) -> None:
    fields: dict[str, Any] = {
        "Budget_Status__c": {"choices": ("確保済み", "不明", "要相談", "Secured")},
        "FS_Decision__c": {"choices": ("受領", "そのまま")},
        "Status": {"choices": ("Open", "SQL")},
    }
    found = find(context, with_fields(context, "Lead", **fields))
    assert only(found, "choice_unknown").parts["values"] == ("要相談",)
    assert only(found, "answer_unknown").parts["values"] == ("そのまま",)
    assert only(found, "stage_unknown").parts["known"] == ("Open", "SQL")
    assert not list(told(found, "pass_status_unknown"))


def test_a_pass_by_a_status_that_does_not_exist(context: Context) -> None:
    found = find(context, with_fields(context, "Lead", Status={"choices": ("Open", "対象外")}))
    assert only(found, "pass_status_unknown").parts["values"] == ("SQL",)


def test_how_many_records_that_is(context: Context) -> None:
    found = find(context, changed(context, counts={"Lead": (7, 0), "Opportunity": (None, None)}, roles=(20, 9)))
    assert only(found, "scope_count").parts == {"object": "Lead", "total": 7, "inside": 0}
    assert only(found, "scope_empty").where == "salesforce:Lead"
    assert only(found, "contact_roles").parts["share"] == "45%"
    assert not list(told(find(context, changed(context, roles=(20, 10))), "contact_roles"))


# People and contacts ------------------------------------------------------------------------------------------------------


def test_nobody_has_the_role(context: Context) -> None:
    users = {"User": [user(FS, "FS"), user(IS, "内勤")]}
    seen = [
        replace(one, samples=users if one.connection == "salesforce" else {"owners": [user(FS, "FS")]})
        for one in sound(context)
    ]
    found = find(context, seen)
    assert only(found, "role_empty").parts["role"] == "IS"
    assert "内勤" in only(found, "role_empty").parts["held"]


def test_an_address_that_no_user_has(context: Context) -> None:
    found = find(replace(context, pilot_owners=frozenset({"left@x.example", "is1@x.example"})), sound(context))
    assert only(found, "user_unknown").parts["email"] == "left@x.example"


def test_the_vendors_own_sync(context: Context) -> None:
    seen = changed(context, "hubspot", account=AccountFacts("portal 1", native_sync=True))
    assert only(find(context, seen), "native_sync").where == "hubspot"
    definition = replace(context.rules.definition, native_sync_users=frozenset())
    unnamed = find(replace(context, rules=replace(context.rules, definition=definition)), seen)
    assert only(unnamed, "native_sync_user").kind.severity == "warning"


def logged(context: Context, records: list[SourceRecord], **more: Any) -> list[Seen]:
    own = next(one for one in sound(context) if one.connection == "salesforce").samples
    return changed(context, samples={**own, "Task": records}, **more)


def test_a_user_that_logs_for_many_is_taken_for_a_machine(context: Context) -> None:
    owners = [str(IS), str(FS), "salesforce:User:is2"]
    records = [activity(n, created_by=str(BOT), owner=owners[n % 3]) for n in range(20)] + [
        activity(n) for n in range(20, 50)
    ]
    assert only(find(context, logged(context, records)), "machine_unlisted").parts["count"] == 20
    one_owner = [replace(one, facts={**one.facts, "owner": str(IS)}) for one in records]
    assert not list(told(find(context, logged(context, one_owner)), "machine_unlisted"))


def test_mails_that_are_not_there_or_say_nothing(context: Context) -> None:
    calls = [activity(n) for n in range(20)]
    assert only(find(context, logged(context, calls)), "mail_silent").parts["count"] == 20
    mails = [activity(n, type="email", has_content=n < 3) for n in range(20)]
    assert only(find(context, logged(context, mails)), "mail_without_text").parts["share"] == "15%"


@pytest.mark.parametrize(("met", "thin"), [(5, True), (6, False)])
def test_people_hardly_any_of_whom_has_a_contact_on_record(context: Context, met: int, thin: bool) -> None:
    asked = [RecordRef("salesforce", "Lead", f"{n:03}") for n in range(20)]
    contacts = [activity(n, subjects=[str(ref)]) for n, ref in enumerate(asked[:met])]
    contacts += [activity(99, subjects=[str(asked[-1])], automated=True)]  # a machine's mail is no contact
    found = find(context, logged(context, [activity(1)], asked=asked, contacts=contacts))
    assert bool(list(told(found, "logging_thin"))) is thin


# Clocks -------------------------------------------------------------------------------------------------------------------


def test_a_clock_whose_activities_cannot_be_read(context: Context) -> None:
    blind = {"Task", "Event", "EmailMessage"}
    off = {name: StreamUnavailable(name, "no") for name in blind}
    seen = sound(context)
    objects = {**next(one for one in seen if one.connection == "salesforce").objects, **off}
    clock = replace(context.rules.is_clock, evidence=frozenset(("salesforce", name) for name in blind))
    found = find(replace(context, rules=replace(context.rules, is_clock=clock)), changed(context, objects=objects))
    assert only(found, "clock_blind").parts["clock"] == "is_first_contact"


def test_a_clock_that_starts_with_an_assignment_that_nobody_recorded(context: Context) -> None:
    clock = replace(context.rules.is_clock, start=StartSpec(StartKind.ASSIGNED))
    own = replace(context, rules=replace(context.rules, is_clock=clock))
    off = {
        name: StreamUnavailable(name, "no") for name in ("LeadHistory", "OpportunityFieldHistory", "OpportunityHistory")
    }
    objects = {**next(one for one in sound(context) if one.connection == "salesforce").objects, **off}
    assert only(find(own, changed(context, objects=objects)), "clock_no_owner_times")
    assert not list(told(find(own, sound(context)), "clock_no_owner_times"))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"holiday_country": None}, {"calendar_no_holidays"}),
        ({"holiday_country": "JP"}, {"calendar_year_end"}),
        ({"holiday_country": "JP", "closures": ((date(2026, 12, 29), date(2027, 1, 3)),)}, set()),
        ({"holiday_country": "JP", "closures": ((date(2025, 12, 29), date(2026, 1, 3)),)}, {"calendar_year_end", "calendar_past"}),
        ({"holiday_country": "SG"}, set()),
    ],
)  # fmt: skip
def test_calendars_that_say_too_little(context: Context, more: dict[str, Any], expected: set[str]) -> None:
    spec = CalendarSpec("Asia/Tokyo", dict.fromkeys(range(5), (("09:00", "18:00"),)), **more)
    calendars = Calendars(compile_calendar(spec))
    clocks = [replace(clock, calendars=calendars) for clock in context.rules.clocks]
    rules = replace(context.rules, is_clock=clocks[0], fs_clock=clocks[1], measured_clocks=tuple(clocks[2:]))
    found = find(replace(context, rules=rules), sound(context))
    assert {one.id for one in found if one.id.startswith("calendar_")} == expected


def test_an_api_version_that_the_org_does_not_offer_is_a_matter_of_the_files(context: Context) -> None:
    error = ConfigError(Problem("connections.*.api_version", "this org does not offer API 62.0", "it offers 68.0"))
    found = only(find(context, changed(context, error=error, account=None, objects={}, samples={})), "config")
    assert found.kind.unusable
    assert found.parts["hint"] == "it offers 68.0"

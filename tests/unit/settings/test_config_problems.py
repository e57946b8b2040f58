"""Every class of mistake in the operator's files: found, with file, line, value and what to do."""

from __future__ import annotations

import pytest

BATON, DEFINITION = "config/baton.yaml", "config/definition.yaml"
HANDOFF, HUBSPOT, SALESFORCE = "mappings/handoff.yaml", "mappings/hubspot.yaml", "mappings/salesforce.yaml"

MISTAKES = [
    pytest.param(BATON, "language: ja", "langage: ja", "unknown setting", "did you mean language?", id="key"),
    pytest.param(BATON, "sweep: 15m", "swep: 15m", "schedule.swep", "did you mean sweep?", id="nested-key"),
    pytest.param(BATON, "mode: observe", "mode: obseve", "'obseve'", "'observe', 'pilot' or 'write'", id="mode"),
    pytest.param(BATON, "mode: observe", "mode: pilot", "pilot.owners is empty", "list the e-mails", id="pilot"),
    pytest.param(BATON, "hot: 30s", "hot: 30", "'30' is not a span of time", "30s", id="duration"),
    pytest.param(BATON, "overlap: 30m", "overlap: 10m", "overlap is shorter than sweep", "at least", id="overlap"),
    pytest.param(BATON, "tz: Asia/Tokyo", "tz: Asia/Tokio", "'Asia/Tokio'", "calendars", id="zone"),
    pytest.param(BATON, 'mon: ["09:00-18:00"]', 'mon: ["18:00-09:00"]', "end after they start", "", id="hours"),
    pytest.param(BATON, 'mon: ["09:00-18:00"]', 'mn: ["09:00-18:00"]', "'mn' is no weekday", "mon", id="weekday"),
    pytest.param(BATON, "holidays: JP", "holidays: Japan", "'Japan' is no country", "JP", id="country"),
    pytest.param(BATON, "closures: []", "closures: [2026-13-01]", "is not a date", "YYYY-MM-DD", id="closure"),
    pytest.param(BATON, 'cutoff: "16:00"', 'cutoff: "4pm"', "'4pm' is no time of day", "16:00", id="cutoff"),
    pytest.param(BATON, "team: [IS, FS]", "team: [IS, FSX]", "'FSX' is no role", "did you mean FS?", id="clock-role"),
    pytest.param(BATON, "demo: same_business_day", "demo: same_day", "'same_day' is not a target", "", id="target"),
    pytest.param(BATON, "webinar: 2 b", "webinars: 2 b", "'webinars' is no lead_source", "webinar", id="channel"),
    pytest.param(BATON, "target: 1 business_days\n  #", "target: 1 day off\n  #", "not a target", "", id="target-text"),
    pytest.param(BATON, "https://api.hubapi.com", "http://api.hubapi.com", "not encrypted", "https://", id="http"),
    pytest.param(BATON, "kind: hubspot", "kind: hubspt", "'hubspt' is no kind", "did you mean hubspot?", id="kind"),
    pytest.param(BATON, "store: sqlite:///var/baton.db", "store: mysql://x", "is no store", "sqlite", id="store"),
    pytest.param(BATON, "enforce_from: 2026-10-01", "enforce_from: soon", "'soon' is not a date", "", id="day"),
    pytest.param(DEFINITION, "from: IS", "from: ISS", "'ISS' is no role", "did you mean IS?", id="role"),
    pytest.param(DEFINITION, "- lead_converted", "- lead_convert", "no pass event", "lead_converted", id="event"),
    pytest.param(DEFINITION, "salesforce.Lead:", "salesforce.Leed:", "no stream", "salesforce.Lead", id="stream"),
    pytest.param(DEFINITION, "rank_at_least: manager", "rank_at_least: managr", "no rank", "manager", id="rank"),
    pytest.param(DEFINITION, "met: [secured,", "met: [secure,", "no budget_status", "secured", id="budget"),
    pytest.param(DEFINITION, "within_months: 6", "within_months: six", "'six'", "", id="number"),
    pytest.param(DEFINITION, "fiscal_year_start: 4 ", "fiscal_year_start: 13 ", "'13'", "", id="month"),
    pytest.param(DEFINITION, "version: 2026-10", "version:", "version", "", id="empty"),
    pytest.param(HANDOFF, "as: money", "as: mony", "no kind of value", "did you mean money?", id="normaliser"),
    pytest.param(HANDOFF, "any_of: [phone, email]", "any_of: [phone, mail]", "'mail' is no item", "email", id="group"),
    pytest.param(
        HANDOFF, "typed: [sql_reason, pain", "typed: [sql_resaon, pain", "no item", "sql_reason", id="preset-item"
    ),
    pytest.param(
        HANDOFF,
        "  article:\n    typed: [sql",
        "  article:\n    typed: [phone, sql",
        "preset article: phone has no `ask`",
        "add",
        id="preset-ask",
    ),
    pytest.param(
        HANDOFF, "  article:\n    typed: [sql", "  article:\n    typed: [company, sql", "company", "", id="preset-both"
    ),
    pytest.param(HANDOFF, "preset: starter", "preset: starte", "not among", "did you mean starter?", id="preset"),
    pytest.param(HANDOFF, "quote: [見積,", "quote: [デモ,", "stands under demo and under quote", "keep", id="option"),
    pytest.param(HUBSPOT, "pain: pain", "pane: pain", "'pane' is no item", "did you mean pain?", id="item"),
    pytest.param(HUBSPOT, '"salesforce:Lead"', '"salesforce:Leads"', "no stream", "salesforce:Lead", id="id-stream"),
    pytest.param(HUBSPOT, "company: company", "company: [com pany]", "no field name", "API name", id="field"),
    pytest.param(HUBSPOT, "connection: hubspot", "connection: hs", "'hs'", "connection: hubspot", id="connection"),
    pytest.param(
        SALESFORCE, "Task: {kind: activity}", "Task: {kind: actvity}", "'actvity'", "activity", id="stream-kind"
    ),
    pytest.param(
        SALESFORCE, "Event: {kind", "Evnt: {kind", "has no such stream", "did you mean Event?", id="no-stream"
    ),
    pytest.param(
        SALESFORCE, "Event: {kind: activity}", "Event: {kind: role}", "not what it holds", "activity", id="held"
    ),
    pytest.param(SALESFORCE, "{kind: user}", "{kind: user, carries_flags: true}", "carries no flags", "", id="flags"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "message", "hint"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_do(folder, file, right, wrong, message, hint):
    line = folder.edit(file, right, wrong)

    problems = folder.problems()

    told = [p for p in problems if message in p.message]
    assert told, [str(p) for p in problems]
    assert hint in told[0].hint
    near = {f"{file}:{n}" for n in (line, line - 1, line - 2, line - 3)} | {file}
    assert told[0].path in near, f"{told[0].path} is not near line {line}"


def test_the_line_is_exact_for_a_value_and_for_an_unknown_key(folder):
    hot = folder.edit("config/baton.yaml", "hot: 30s", "hot: thirty")
    key = folder.edit("config/definition.yaml", "  contact_stages:", "  contact_stage:")
    event = folder.edit("config/definition.yaml", "from: IS", "from: SDR")

    paths = {p.path for p in folder.problems()}

    assert paths >= {f"config/baton.yaml:{hot}", f"config/definition.yaml:{key}", f"config/definition.yaml:{event}"}


def test_all_problems_of_all_files_come_at_once(folder):
    folder.edit(BATON, "mode: observe", "mode: obseve")
    folder.edit(BATON, "tz: Asia/Tokyo", "tz: Nowhere")
    folder.edit(DEFINITION, "rank_at_least: manager", "rank_at_least: boss")
    folder.edit(HANDOFF, "as: money", "as: mony")
    folder.edit(HUBSPOT, "pain: pain", "pane: pain")
    (folder.root / SALESFORCE).write_text("connection: [unclosed", encoding="utf-8")

    files = {p.path.partition(":")[0] for p in folder.problems()}

    assert files == {BATON, DEFINITION, HANDOFF, HUBSPOT, SALESFORCE}


def test_a_file_that_is_no_yaml_brings_no_complaints_about_shipped_files(folder):
    for name in (DEFINITION, HANDOFF):  # both name streams, which only the connections of the other file could tell
        (folder.root / name).unlink()
    (folder.root / BATON).write_text("mode: observe\n  language: ja\n", encoding="utf-8")

    assert {p.path.partition(":")[0] for p in folder.problems()} == {BATON}


def test_a_calendar_without_working_time_is_refused(folder):
    path = folder.root / BATON
    text = path.read_text(encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines()) if row.strip().startswith("hours:"))
    rows = text.splitlines()
    rows[line] = "    hours: {}"
    path.write_text("\n".join(rows), encoding="utf-8")

    assert any("no working time" in p.message for p in folder.problems())


def test_a_secret_in_clear_is_refused_and_never_shown(folder):
    line = folder.edit(BATON, '"env:BATON_HUBSPOT_TOKEN"', "pat-na1-0123456789")

    problems = folder.problems()

    assert [p.path for p in problems] == [f"{BATON}:{line}"]
    assert "in clear" in problems[0].message
    assert "0123456789" not in str(problems)


def test_a_password_in_the_address_of_the_store_is_refused_and_never_shown(folder):
    folder.edit(BATON, "store: sqlite:///var/baton.db", "store: postgresql://baton:hunter2@db/baton")

    problems = folder.problems()

    assert "in clear" in problems[0].message
    assert "hunter2" not in str(problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [("mode: [observe", "not valid YAML"), ("mode: write\nmode: observe\n", "twice"), ("- a\n- b\n", "no settings")],
)
def test_a_file_that_is_no_yaml_mapping_is_refused(folder, text, message):
    (folder.root / BATON).write_text(text, encoding="utf-8")

    assert any(message in p.message and p.path.startswith(BATON) for p in folder.problems())


def test_a_file_that_is_not_utf8_is_refused(folder):
    (folder.root / DEFINITION).write_bytes("label: パス基準".encode("shift_jis"))

    assert any("not UTF-8" in p.message for p in folder.problems())


def test_a_misnamed_file_is_not_passed_over_in_silence(folder):
    (folder.root / BATON).rename(folder.root / "config/batton.yaml")

    assert [(p.path, p.hint) for p in folder.problems()] == [("config/batton.yaml", f"did you mean {BATON}?")]


def test_a_connection_without_mapping_is_refused(folder):
    folder.edit(BATON, "  hubspot:\n", "  portal:\n")

    assert any("mappings/portal.yaml" in p.path and "does not exist" in p.message for p in folder.problems())


def test_a_connectors_own_settings_are_checked_with_their_lines(folder):
    line = folder.edit(BATON, "flow: token,", "flow: token, tokn: x,")

    problems = [p for p in folder.problems() if p.path == f"{BATON}:{line}"]

    assert [p.hint for p in problems] == ["did you mean token?"]


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("text", [LAUGHS, "a: &a {<<: *a}\n", "mode: &m [*m]\n", "x: " + "y" * 2_000_000])
def test_a_file_that_would_fill_the_memory_is_refused(folder, text):
    (folder.root / BATON).write_text(text, encoding="utf-8")

    assert BATON in [p.path for p in folder.problems()]

"""The operator's table of absences, and calendars of teams and colleagues: what is taken, and what is told with its line."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sync import resources
from sync.core.calendar import next_opening
from sync.settings.absence import LARGEST, MOST_PROBLEMS

BATON, TABLE = "config/baton.yaml", "config/absences.csv"
TOKYO = "  tokyo:\n    tz: Asia/Tokyo\n"
HEAD = "user,from,to,hours,note\n"


def write(folder, text: str, encoding: str = "utf-8") -> None:
    if (folder.root / BATON).read_text(encoding="utf-8").count(TABLE) == 0:
        folder.edit(BATON, "calendars:\n", f"absences: {{file: {TABLE}}}\n\ncalendars:\n")
    (folder.root / TABLE).write_bytes(text.encode(encoding))


def told(folder) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in folder.problems()]


def opening(folder, owner: str, at: str, roles: tuple[str, ...] = ()) -> str:
    calendar = folder.load().rules.is_clock.calendars.calendar_of(owner, roles)
    asked = datetime.fromisoformat(at).replace(tzinfo=calendar.zone)
    return f"{next_opening(calendar, asked).astimezone(calendar.zone):%Y-%m-%d %H:%M}"


def test_days_half_days_and_short_days_are_taken(folder):
    write(
        folder,
        HEAD + "is1@example.jp,2026-10-06,2026-10-07,,有休\n"
        "IS1@example.jp , 2026/10/8 ,,09:00-13:00,半休\n"
        "is1@example.jp,2026-10-09 09:00,2026-10-09 11:30,,\n",
    )
    assert opening(folder, "is1@example.jp", "2026-10-06 09:00") == "2026-10-08 13:00"
    assert opening(folder, "Is1@Example.jp", "2026-10-08 18:00") == "2026-10-09 11:30"
    assert opening(folder, "is2@example.jp", "2026-10-06 09:00") == "2026-10-06 09:00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_table_as_spreadsheets_save_it_is_taken(folder, encoding):
    write(
        folder,
        HEAD.replace("\n", "\r\n") + 'is1@example.jp,2026/10/6,2026/10/6,,"有休, 私用"\r\n\r\n,,,,\r\n',
        encoding,
    )
    assert opening(folder, "is1@example.jp", "2026-10-06 09:00") == "2026-10-07 09:00"


def test_columns_may_be_few_and_in_any_order(folder):
    write(folder, "From,User\n2026-10-06,is1@example.jp\n")
    assert opening(folder, "is1@example.jp", "2026-10-06 09:00") == "2026-10-07 09:00"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("is1,2026-10-06,,,", "'is1' is no e-mail address"),
        (",2026-10-06,,,", "'' is no e-mail address"),
        ("a@b@c,2026-10-06,,,", "is no e-mail address"),
        ("is1@example.jp,,,,", "from: '' is no date"),
        ("is1@example.jp,06.10.2026,,,", "from: '06.10.2026' is no date"),
        ("is1@example.jp,2026-02-30,,,", "from: '2026-02-30' does not exist"),
        ("is1@example.jp,2026-10-06,2026-10-06 24:30,,", "to: '2026-10-06 24:30' does not exist"),
        ("is1@example.jp,2026-10-06,2026-10-05,,", "to: ends when it starts"),
        ("is1@example.jp,2026-10-06 10:00,2026-10-06 09:00,,", "to: ends before it starts"),
        ("is1@example.jp,0026-10-06,,,", "from: the year 26 is a typing error"),
        ("is1@example.jp,2026-10-06,9999-12-31,,", "to: the year 9999 is a typing error"),
        ("is1@example.jp,2026-10-06,2046-10-06,,", "is longer than ten years"),
        ("is1@example.jp,2026-10-06,,13:00-09:00,", "hours: '13:00-09:00' are no hours"),
        ("is1@example.jp,2026-10-06,,morning,", "hours: 'morning' are no hours"),
        ("is1@example.jp,2026-10-06,,,a,b", "has 6 cells for 5 columns"),
        ('=cmd|\'/c calc\'!A1,2026-10-06,,,', "is no e-mail address"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_line_and_the_others_are_read(folder, row, message):
    write(folder, HEAD + "is2@example.jp,2026-10-06,,,\n" + row + "\nalso wrong,2026-10-06,,,\n")
    problems = told(folder)
    assert [p.split(": ")[0] for p in problems] == [f"{TABLE}:3", f"{TABLE}:4"]
    assert message in problems[0]


def test_a_note_over_two_lines_does_not_shift_the_lines(folder):
    write(folder, HEAD + 'is1@example.jp,2026-10-06,,,"two\nlines"\nis1@example.jp,soon,,,\n')
    assert told(folder) == [f"{TABLE}:4: from: 'soon' is no date"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no line"),
        ("\n\n", "holds no line"),
        ("usr,from\n", "'usr' is no column"),
        ("user,to\n", "the column from is missing"),
        ("user,from,from\n", "a column is given twice"),
        (HEAD + 'is1@example.jp,2026-10-06,,,"open\n', "unexpected end of data"),
        (HEAD + "is1@example.jp,2026-10-06,,," + "x" * 20_000 + "\n", "field larger than"),
        (HEAD + "is1@example.jp,2026\x00-10-06,,,\n", "is no date"),
        ("a;b\n" * (LARGEST // 4 + 1), "is larger than"),
    ],
    ids=["empty", "blank", "unknown column", "no from", "twice", "open quote", "huge cell", "nul", "huge"],
)
def test_a_file_that_is_no_table_is_refused_whole(folder, text, message):
    write(folder, text)
    problems = told(folder)
    assert len(problems) == 1
    assert problems[0].startswith(TABLE)
    assert message in problems[0]


def test_bytes_that_are_no_text_are_refused(folder):
    write(folder, "")
    (folder.root / TABLE).write_bytes(b"user,from\n\xff\xfe\x81\xad")
    assert told(folder) == [f"{TABLE}: is neither UTF-8 nor Shift_JIS"]


def test_a_file_that_is_not_there_is_told(folder):
    write(folder, HEAD)
    (folder.root / TABLE).unlink()
    assert told(folder) == [f"{TABLE}: cannot be read: No such file or directory"]


def test_a_table_full_of_mistakes_is_cut_short(folder):
    write(folder, HEAD + "nobody,never,,,\n" * 10_000)
    problems = told(folder)
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1] == f"{TABLE}: {10_000 - MOST_PROBLEMS} further lines cannot be read"


def test_absences_decide_and_notes_do_not(folder):
    write(folder, HEAD + "is1@example.jp,2026-10-06,,,a\n")
    before = folder.load().rules.rules_hash
    write(folder, HEAD + "is1@example.jp,2026-10-06,,,another\n")
    assert folder.load().rules.rules_hash == before
    write(folder, HEAD + "is1@example.jp,2026-10-07,,,another\n")
    assert folder.load().rules.rules_hash != before


def test_somebody_who_is_always_away_has_the_team_s_calendar(folder):
    day, rows = datetime(2020, 1, 1), []
    while day.year < 2150:
        end = day + timedelta(days=3000)
        rows.append(f"is1@example.jp,{day:%Y-%m-%d},{end:%Y-%m-%d},,\n")
        day = end
    write(folder, HEAD + "".join(rows))
    assert opening(folder, "is1@example.jp", "2026-10-06 09:00") == "2026-10-06 09:00"


SYDNEY = """  sydney:
    tz: Australia/Sydney
    hours: {mon: ["08:00-16:00"], tue: ["08:00-16:00"], wed: ["08:00-16:00"], thu: ["08:00-16:00"], fri: ["08:00-16:00"]}
    holidays: {country: AU, subdivision: NSW}
    roles: [FS]
    owners: [Kato@example.jp]
"""


def test_a_calendar_names_its_teams_and_colleagues(folder):
    folder.edit(BATON, "  tokyo:\n", SYDNEY + "  tokyo:\n")
    assert opening(folder, "x@example.jp", "2026-10-06 08:30") == "2026-10-06 09:00"
    assert opening(folder, "x@example.jp", "2026-10-06 08:30", ("FS",)) == "2026-10-06 08:30"
    assert opening(folder, "kato@example.jp", "2026-10-05 08:30") == "2026-10-06 08:00", "Labour Day in New South Wales"


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("roles: [FS]", "roles: [FSX]", "'FSX' is no role", "did you mean FS?"),
        ("Kato@example.jp", "Kato", "'Kato' is no e-mail address", "CRM"),
        ("subdivision: NSW", "subdivision: NWS", "'NWS' is no part of AU", "did you mean NSW?"),
        ("{country: AU, subdivision: NSW}", "JP-13", "'13' is no part of JP", "write JP alone"),
        ("country: AU", "country: AUS", "'AUS' is no country", "did you mean AU?"),
        ("{country: AU, subdivision: NSW}", "{subdivision: NSW}", "no country", "DE-BY"),
        ("{country: AU, subdivision: NSW}", "[AU]", "is no country", "JP"),
        ("{country: AU, subdivision: NSW}", "{country: [AU]}", "is no country", "JP"),
        ("country: AU, subdivision: NSW", "country: AU, subdivision: 5", "'5' is no part of AU", "NSW"),
    ],
)
def test_a_calendar_of_somebody_unknown_or_of_nowhere_is_refused(folder, old, new, message, hint):
    folder.edit(BATON, "  tokyo:\n", SYDNEY + "  tokyo:\n")
    line = folder.edit(BATON, old, new)
    (problem,) = folder.problems()
    assert problem.path == f"{BATON}:{line}"
    assert message in problem.message
    assert hint in problem.hint


def test_nobody_has_two_calendars(folder):
    other = SYDNEY.replace("sydney:", "perth:").replace("NSW", "WA")
    folder.edit(BATON, "  tokyo:\n", SYDNEY + other + "  tokyo:\n")
    assert sorted(message.split(": ", 2)[2] for message in told(folder)) == [
        "FS has the calendar sydney already", "kato@example.jp has the calendar sydney already",
    ]  # fmt: skip


def test_a_colleague_s_calendar_without_working_time_ahead_is_refused(folder):
    week = SYDNEY[SYDNEY.index("hours") :].splitlines()[0]
    folder.edit(BATON, "  tokyo:\n", SYDNEY + "  tokyo:\n")
    folder.edit(BATON, week, 'special_hours: {2020-04-01: ["09:00-18:00"]}')
    (problem,) = folder.problems()
    assert "calendars.sydney: has no working time after 2026-10-01" in problem.message


def test_the_page_s_own_examples_are_taken(folder):
    page = resources.shipped("config/README.md").read_text(encoding="utf-8")
    table, calendars = (page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("csv", "yaml"))
    week = ", ".join(f'{day}: ["09:00-18:00"]' for day in ("mon", "tue", "wed", "thu", "fri"))
    written = calendars.replace("hours: {…}", f"hours: {{{week}}}").replace("FS_OSAKA", "FS")
    text = (folder.root / BATON).read_text(encoding="utf-8")
    start, end = text.index("calendars:\n"), text.index("clocks:\n")
    (folder.root / BATON).write_text(text[:start] + written + text[end:], encoding="utf-8")
    (folder.root / TABLE).write_text(table, encoding="utf-8")
    assert opening(folder, "sato@example.jp", "2026-10-06 09:00") == "2026-10-09 13:00"
    assert opening(folder, "mori@example.jp", "2026-11-02 16:00") == "2026-11-04 09:00"
    assert folder.load().rules.is_clock.calendars.booked_count

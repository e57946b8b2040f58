"""`baton ops waive`: what is refused, what is kept, and that nothing typed can harm the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sync.app import open_app
from sync.store import handoffs, showing, waivers
from sync.trial import Trial

UNTIL = "2199-12-31"


@pytest.fixture
def record(trial: Trial) -> Iterator[str]:
    """A record that shows a handoff; no exception is in force afterwards."""
    with open_app(trial.folder, offline=True) as app:
        with app.store.read() as tx:
            ids = handoffs.read_ids(tx, "", 50)
            shown = showing.read_on(tx, ids)
        yield str(next(refs[0] for refs in shown.values() if refs))
        with app.store.write() as tx:
            given = [one.id for one in waivers.read_all(tx) if one.revoked_at is None]
            waivers.revoke(tx, given, app.context.rules.definition.scope.enforce_from, "the test")


@pytest.fixture
def waive(baton, folder) -> Callable:
    return lambda *arguments: baton("ops", "waive", *arguments, "--config", folder)


GIVEN = ("--items", "決裁者,budget", "--reason", "取締役会の決定", "--until", UNTIL, "--by", "運用 花子")


# --- refused --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "RECORD"),
        (("{record}",), "--items and --reason"),
        (("{record}", "--items", "pain"), "--reason"),
        (("{record}", "--items", "pain", "--reason", "  "), "--reason"),
        (("{record}", "--items", "pane", "--reason", "x"), "did you mean pain?"),
        (("{record}", "--items", "pain", "--reason", "x", "--until", "soon"), "is no date"),
        (("{record}", "--items", "pain", "--reason", "x", "--until", "2020-01-01"), "is over"),
        (("{record}", "--items", "pain", "--reason", "\u202e\u200b"), "nothing that can be read"),
        (("{record}", "--items", "pain", "--reason", "x", "--by", " "), "--by"),
        (("{record}", "--list", "--revoke"), "not both"),
        (("{record}", "--list", "--items", "pain"), "--items"),
        (("--revoke",), "RECORD"),
        (("salesforce:Lead:00Q000000000000AAA", *GIVEN), "no stored record"),
    ],
)
def test_what_cannot_be_meant_is_refused(waive, record, arguments, says) -> None:
    told = waive(*(argument.format(record=record) for argument in arguments))
    assert told.code == 2
    assert says in told.err
    assert waive("--list", "--json").json["waivers"] == [] or all(
        one["state"] == "revoked" for one in waive("--list", "--json").json["waivers"]
    )


def test_an_address_is_told_without_what_a_browser_adds_to_it(waive) -> None:
    told = waive("https://x.lightning.force.com/lightning/r/Lead/00Q000000000000AAA/view?sid=00D!secret", *GIVEN)
    assert told.code == 2 and "secret" not in told.err + told.out


# --- kept -----------------------------------------------------------------------------------------------------------
def test_it_is_kept_listed_and_withdrawn(waive, record) -> None:
    told = waive(record, *GIVEN)
    assert told.code == 0
    assert "決裁者、予算（SQL基準）：取締役会の決定" in told.out and "運用 花子" in told.out and "有効" in told.out
    (kept,) = [one for one in waive(record, "--list", "--json").json["waivers"] if one["state"] == "in_force"]
    assert (kept["items"], kept["criteria"]) == (["decision_maker"], ["budget"])
    assert (kept["until"], kept["by"], kept["cycle"]) == (UNTIL, "運用 花子", 1)
    assert "取締役会の決定" in waive("--list").out
    gone = waive(record, "--revoke", "--by", "別の人", "--json").json["revoked"]
    assert [one["id"] for one in gone] == [kept["id"]]
    again = waive(record, "--revoke")
    assert (again.code, "有効な例外はありません" in again.out) == (1, True)


def test_it_is_given_by_the_user_of_the_computer_where_nobody_is_named(waive, record) -> None:
    kept = waive(record, "--items", "pain", "--reason", "x", "--json").json["waiver"]
    assert kept["by"] and kept["until"] is None


def test_explain_tells_it(waive, baton, folder, record) -> None:
    waive(record, *GIVEN)
    told = baton("explain", record, "--config", folder)
    assert told.code == 0
    assert "例外承認" in told.out and "登録 運用 花子" in told.out and UNTIL in told.out
    as_json = baton("explain", record, "--config", folder, "--json").json["judgement"]["waivers"]
    assert [(one["state"], one["waiver"]["by"]) for one in as_json][-1] == ("in_force", "運用 花子")


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;x\x07", "a\r\nb\nc", "%s{0}[red]x[/red]", "x" * 5_000])
def test_no_text_moves_the_terminal(waive, record, text) -> None:
    told = waive(record, "--items", "pain", "--reason", f"理由{text}", "--by", f"私{text}")
    assert told.code == 0
    listed = waive("--list")
    for out in (told.out, told.err, listed.out):
        assert "\x1b" not in out and "\x07" not in out and "\r" not in out
    kept = waive(record, "--list", "--json").json["waivers"][0]
    assert len(kept["reason"]) <= 200 and len(kept["by"]) <= 80 and "\n" not in kept["reason"]


def test_hostile_records_and_items_stay_text(waive, record) -> None:
    for told in (
        waive("\x1b[31mx", *GIVEN),
        waive("a:b:c\x00\x1b[2J", *GIVEN),
        waive(record, "--items", "\x1b[2J", "--reason", "x"),
    ):
        assert told.code == 2 and "\x1b" not in told.err and "\x00" not in told.err

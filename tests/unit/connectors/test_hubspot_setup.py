"""What setup makes of a portal's own definitions: compared, merged, never replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot.administrator import compare, merge_options
from connectors.hubspot.outfit import MARK, Wanted, export_files, wanted_groups, wanted_properties
from sync.app import read_settings
from sync.flow.outfit import Book, Wishes, design
from sync.outfit import Outfit, PieceState


@pytest.fixture(scope="module")
def outfit() -> Outfit:
    settings = read_settings(Path(__file__).parents[3])
    return design("hubspot", Book(settings.mapping, settings.rules, settings.tables), Wishes(items=True))


def wanted(outfit: Outfit, name: str) -> Wanted:
    return next(one for one in wanted_properties(outfit) if one.name == name)


def option(value: str, order: int, **more: Any) -> dict[str, Any]:
    return {"value": value, "label": value.upper(), "displayOrder": order, "hidden": False, **more}


def test_options_are_merged_in_order_and_keep_what_people_did_to_them() -> None:
    held = [option("b", 7, label="改名"), option("x", 3), option("gone", 9, hidden=True)]
    merged, added = merge_options(held, [option("a", 0), option("b", 1)])
    assert [one["value"] for one in merged] == ["b", "x", "gone", "a"]
    assert merged[0]["label"] == "改名"
    assert merged[2]["hidden"]
    assert merged[3]["displayOrder"] == 10
    assert added == ["A"]


def test_an_option_of_ours_that_was_hidden_is_shown_again() -> None:
    merged, added = merge_options([option("a", 0, hidden=True)], [option("a", 0)])
    assert merged == [option("a", 0)]
    assert added == ["A"]


def test_nothing_is_added_where_all_is_there() -> None:
    assert merge_options([option("a", 0), option("b", 1)], [option("b", 0)])[1] == []


@pytest.mark.parametrize(
    ("changed", "state", "reason"),
    [
        ({}, PieceState.THERE, None),
        ({"type": "string", "fieldType": "text"}, PieceState.BLOCKED, "other_type"),
        ({"modificationMetadata": {"readOnlyValue": True}}, PieceState.BLOCKED, "read_only"),
        ({"label": "別の名前"}, PieceState.THERE, None),
        ({"options": []}, PieceState.DIFFERENT, None),
    ],
)
def test_what_is_said_of_a_property_of_ours(
    outfit: Outfit, changed: dict[str, Any], state: PieceState, reason: str | None
) -> None:
    one = wanted(outfit, "baton_status")
    piece, body = compare(one, {**one.body, **changed})
    assert (piece.state, piece.reason) == (state, reason)
    assert (body is not None) is (state is PieceState.DIFFERENT)


def test_a_short_text_that_must_be_long_becomes_long(outfit: Outfit) -> None:
    one = wanted(outfit, "baton_note")
    piece, body = compare(one, {**one.body, "fieldType": "text"})
    assert piece.state is PieceState.DIFFERENT
    assert body == {"fieldType": "textarea"}


def test_a_property_of_the_companys_own_is_left_as_it_is(outfit: Outfit) -> None:
    """Whatever it is: of another type, with other options."""
    one = wanted(outfit, "budget_status")
    assert compare(one, {"name": one.name, "type": "string", "description": "ours"})[0].state is PieceState.THERE
    made = {**one.body, "description": f"x {MARK}", "options": []}
    assert compare(one, made)[0].state is PieceState.DIFFERENT  # this one setup made


def test_what_every_portal_has_is_not_made(outfit: Outfit) -> None:
    names = {one.name for one in wanted_properties(outfit)}
    assert "decision_maker" in names
    assert not names & {"email", "company", "hs_lifecyclestage_salesqualifiedlead_date", "recent_conversion_event_name"}
    assert [body["name"] for _, body in wanted_groups(outfit)] == ["baton", "handoff"]


def test_every_option_of_an_export_has_what_dated_paths_want(outfit: Outfit) -> None:
    assert export_files(outfit)["properties.json"]
    for one in wanted_properties(outfit):
        for each in one.body.get("options", ()):
            assert set(each) == {"label", "value", "displayOrder", "hidden"}

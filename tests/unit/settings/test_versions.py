"""Further versions of the definition in the operator's folder: read with it, checked with it, told apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sync.errors import ConfigError
from sync.settings import load_edition
from tests.unit.settings.conftest import VENDORS, Folder

OLDER = {"version: 2026-10": "version: 2026-04", "effective_from: 2026-10-01": "effective_from: 2026-04-01"}


def keep(folder: Folder, name: str, changes: dict[str, str], handoff: dict[str, str] | None = None) -> str:
    """A copy of the folder's definition under another name, changed; a folder of its own with a list of items."""
    room = folder.root / "config/definitions"
    target = room / name if handoff is None else room / name / "definition.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_changed(folder.root / "config/definition.yaml", changes), encoding="utf-8")
    if handoff is not None:
        (target.parent / "handoff.yaml").write_text(_changed(folder.root / "mappings/handoff.yaml", handoff), "utf-8")
    return target.relative_to(folder.root).as_posix()


def _changed(path: Path, changes: dict[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


# --- mistakes -------------------------------------------------------------------------------------------------------
def test_a_mistake_in_a_kept_version_is_told_with_its_own_file_and_line(folder: Folder) -> None:
    file = keep(folder, "2026-04.yaml", {**OLDER, "rank_at_least: manager": "rank_at_least: managr"})
    line = (folder.root / file).read_text("utf-8").split("managr")[0].count("\n") + 1
    (problem,) = folder.problems()
    assert (problem.path, problem.hint) == (f"{file}:{line}", "did you mean manager?")


def test_mistakes_of_several_versions_are_told_together(folder: Folder) -> None:
    keep(folder, "a.yaml", {**OLDER, "within_months: 6": "within_months: six"})
    keep(folder, "b.yaml", {"version: 2026-10": "version: 2025", "effective_from: 2026-10-01": "effective_from: once"})
    assert [p.path.partition(":")[0] for p in folder.problems()] == [
        "config/definitions/a.yaml",
        "config/definitions/b.yaml",
    ]


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"effective_from: 2026-10-01": "effective_from: 2026-04-01"}, "version", "2026-10"),
        ({"version: 2026-10": "version: 2026-04"}, "effective_from", "2026-10-01"),
    ],
)
def test_two_versions_that_nobody_can_tell_apart_are_refused(
    folder: Folder, changes: dict[str, str], name: str, value: str
) -> None:
    file = keep(folder, "copy.yaml", changes)
    (problem,) = folder.problems()
    assert problem.path.startswith(f"{file}:")
    assert problem.message == f"{name}: {value!r} is also that of config/definition.yaml"


def test_a_folder_without_a_definition_and_a_file_of_another_name_are_told(folder: Folder) -> None:
    (folder.root / "config/definitions/2026-04").mkdir(parents=True)
    (folder.root / "config/definitions/2025.yml").write_text("version: 2025", "utf-8")
    (folder.root / "config/definitions/.swp").write_text("")
    (folder.root / "config/definitions/notes.txt").write_text("")
    assert {p.path for p in folder.problems()} == {
        "config/definitions/2026-04/definition.yaml",
        "config/definitions/2025.yml",
    }


def test_a_kept_version_that_names_an_item_nobody_has_is_refused(folder: Folder) -> None:
    file = keep(folder, "2026-04", OLDER, handoff={"    typed: [sql_reason, pain": "    typed: [sql_resaon, pain"})
    (problem, *_) = folder.problems()
    assert problem.path.startswith(file.replace("definition.yaml", "handoff.yaml"))


# --- what is read ---------------------------------------------------------------------------------------------------
def test_without_any_there_is_one(folder: Folder) -> None:
    settings = folder.load()
    assert [edition.version for edition in settings.editions] == ["2026-10"]
    assert settings.editions[0].rules is settings.rules and settings.editions[0].mapping is settings.mapping


def test_versions_stand_in_the_order_of_their_first_days(folder: Folder) -> None:
    keep(
        folder,
        "a-later.yaml",
        {"version: 2026-10": "version: 2027", "effective_from: 2026-10-01": "effective_from: 2027-04-01"},
    )
    keep(folder, "b-older.yaml", {**OLDER, "rank_at_least: manager": "rank_at_least: president"})
    settings = folder.load()
    assert [edition.version for edition in settings.editions] == ["2026-04", "2026-10", "2027"]
    assert settings.rules_in_force(date(2026, 9, 30)).rules.definition.rank_at_least == "president"
    assert settings.rules_in_force(date(2026, 10, 1)).rules is settings.rules
    assert settings.rules_in_force(date(2030, 1, 1)).version == "2027"
    assert settings.rules_in_force(date(2020, 1, 1)).version == "2026-04"
    assert len({edition.rules.rules_hash for edition in settings.editions}) == 3
    assert all(edition.mapping is settings.mapping for edition in settings.editions)
    assert settings.editions[0].rules.is_clock is settings.rules.is_clock


def test_a_version_may_bring_a_list_of_items_of_its_own(folder: Folder) -> None:
    keep(folder, "2026-04", OLDER, handoff={"preset: starter": "preset: full"})
    settings = folder.load()
    old, new = settings.editions
    assert "purpose" in old.mapping.typed and "purpose" not in new.mapping.typed
    assert old.mapping.streams.keys() == new.mapping.streams.keys()
    assert [version.preset for version in settings.versions] == ["full", "starter"]


def test_an_older_list_need_not_have_every_item_that_is_mapped_today(folder: Folder) -> None:
    text = (folder.root / "mappings/handoff.yaml").read_text("utf-8")
    start = text.index("  memo:\n")
    end = text.index("\n# Which items a pass needs")
    keep(folder, "2026-04", OLDER, handoff={text[start:end]: "\n", ", next_action, memo]": ", next_action]"})
    old, new = folder.load().editions
    assert "memo" not in old.mapping.items and "memo" in new.mapping.items
    assert "memo" not in old.mapping.streams["salesforce", "Lead"].items


def test_what_a_condition_of_a_kept_version_looks_at_is_read_too(folder: Folder) -> None:
    condition = "{when: \"salesforce.Lead.Industry == 'x'\", typed: [purpose]}"
    keep(folder, "2026-04", OLDER, handoff={"requirements: []": f"requirements: [{condition}]"})
    assert "Industry" in folder.load().mapping.streams["salesforce", "Lead"].fields


def test_comparing_looks_at_one_version_at_a_time(folder: Folder) -> None:
    file = keep(folder, "2026-04", OLDER, handoff={"preset: starter": "preset: full"})
    other = load_edition(folder.root, (folder.root / file).parent, VENDORS)
    assert (other.rules.definition.version, other.files.handoff.preset, len(other.editions)) == ("2026-04", "full", 1)


def test_approvers_and_silence_are_the_definition_s(folder: Folder) -> None:
    folder.edit(
        "config/definition.yaml", "approvers: {users: [], names: []}", "approvers: {users: [Boss@x.jp], names: [部長]}"
    )
    folder.edit("config/definition.yaml", "cycles: {silent_days: 180}", "cycles: {silent_days: 90}")
    definition = folder.load().rules.definition
    assert (definition.approvers.users, definition.approvers.names) == (frozenset({"boss@x.jp"}), frozenset({"部長"}))
    assert definition.silent_days == 90


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("config/definition.yaml", "silent_days: 180", "silent_days: 0", "silent_days"),
        ("config/definition.yaml", "approvers: {users: [], names: []}", "approvers: {user: []}", "did you mean users?"),
        ("mappings/hubspot.yaml", "approval: history", "approval: histry", "'permission' or 'history'"),
        ("mappings/hubspot.yaml", "waiver_items: waiver_items ", "waiver_item: waiver_items ", "waiver_item"),
    ],
)  # fmt: skip
def test_mistakes_around_exceptions_and_rounds(folder: Folder, file: str, old: str, new: str, says: str) -> None:
    line = folder.edit(file, old, new)
    (problem,) = folder.problems()
    assert problem.path == f"{file}:{line}"
    assert says in f"{problem.message} {problem.hint}"


def test_a_folder_that_is_none_is_no_version(tmp_path: Path, folder: Folder) -> None:
    with pytest.raises(ConfigError):
        load_edition(folder.root, tmp_path / "empty", VENDORS)

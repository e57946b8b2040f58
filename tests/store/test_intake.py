"""Records are kept by content: unchanged ones cost a look, changed ones one dirty mark, and nothing is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.model.records import KeyRole, Kind, RecordKey, RecordRef, SourceRecord
from sync.store import Store, dirty_records, intake, key_index, records, rewriting
from sync.store.intake import Saved

T0 = datetime(2026, 10, 1, tzinfo=UTC)
LEAD = RecordRef("salesforce", "Lead", "00Q1")


def keys_of(record: SourceRecord) -> list[RecordKey]:
    own = [RecordKey(KeyRole.SELF, str(record.ref))]
    email = record.values.get("Email")
    return own + ([RecordKey(KeyRole.EMAIL, f"email:{email}")] if email else [])


def lead(minutes: int = 0, flags: dict[str, Any] | None = None, **values: Any) -> SourceRecord:
    return SourceRecord(LEAD, Kind.PERSON, T0 + timedelta(minutes=minutes), values, {"created_at": "x"}, flags or {})


def save(store: Store, *found: SourceRecord, consistent: bool = False) -> Saved:
    with store.write() as tx:
        return intake.save(tx, found, keys_of, consistent=consistent)


def dirty(store: Store) -> list[RecordRef]:
    with store.read() as tx:
        return [d.ref for d in dirty_records.read(tx, 100)]


def clear(store: Store) -> None:
    with store.write() as tx:
        dirty_records.clear(tx, dirty_records.read(tx, 100))


def held(store: Store) -> SourceRecord:
    with store.read() as tx:
        return records.load(tx, [LEAD])[LEAD].record


def test_a_record_comes_back_as_it_was_saved(store: Store) -> None:
    record = lead(flags={"status": "preparing", "note": None}, Email="a@b.jp", Company="株式会社サンプル", Amount=3.5)
    assert save(store, record).new == 1
    assert held(store) == replace(record, flags={"status": "preparing"})
    assert dirty(store) == [LEAD]


def test_the_same_content_again_writes_and_marks_nothing(store: Store) -> None:
    save(store, lead(Email="a@b.jp"))
    clear(store)
    saved = save(store, lead(Email="a@b.jp"))
    assert (saved.unchanged, saved.dirty) == (1, 0)
    assert dirty(store) == []


def test_a_newer_stamp_alone_is_kept_but_marks_nothing(store: Store) -> None:
    save(store, lead(Email="a@b.jp"))
    clear(store)
    assert save(store, lead(5, Email="a@b.jp")).touched == 1
    assert held(store).modified_at == T0 + timedelta(minutes=5)
    assert dirty(store) == []


def test_an_older_version_never_replaces_a_newer_one(store: Store) -> None:
    save(store, lead(5, Email="new@b.jp"))
    assert save(store, lead(0, Email="old@b.jp")).older == 1
    assert held(store).values == {"Email": "new@b.jp"}


def test_of_one_page_with_two_versions_the_newest_is_kept(store: Store) -> None:
    save(store, lead(5, Email="new@b.jp"), lead(0, Email="old@b.jp"))
    assert held(store).values == {"Email": "new@b.jp"}


def test_a_change_that_arrives_while_the_first_is_being_linked_stays_marked(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    with store.read() as tx:
        seen = dirty_records.read(tx, 10)
    save(store, lead(1, Email="b@b.jp"))
    with store.write() as tx:
        dirty_records.clear(tx, seen)
    assert dirty(store) == [LEAD]


def test_lost_keys_are_told_and_no_longer_found(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    saved = save(store, lead(1, Email="c@b.jp"))
    assert saved.lost_keys == [(LEAD, RecordKey(KeyRole.EMAIL, "email:a@b.jp"))]
    with store.read() as tx:
        assert key_index.find(tx, ["email:a@b.jp"], [KeyRole.EMAIL]) == []
        assert key_index.find(tx, ["email:c@b.jp"], [KeyRole.EMAIL]) == [(LEAD, "email:c@b.jp")]


def test_our_own_write_coming_back_is_an_echo(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    clear(store)
    with store.write() as tx:
        rewriting.record_written_flags(tx, {LEAD: {"status": "ready"}}, T0 + timedelta(minutes=2))
    saved = save(store, lead(1, {"status": "ready"}, Email="a@b.jp"))
    assert (saved.echo, saved.dirty) == (1, 0)
    assert dirty(store) == []


def test_a_flag_that_a_person_changed_marks_the_record(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    clear(store)
    with store.write() as tx:
        rewriting.record_written_flags(tx, {LEAD: {"status": "ready"}}, T0 + timedelta(minutes=2))
    assert save(store, lead(5, {"status": "passed"}, Email="a@b.jp")).reverted == 1
    assert held(store).flags == {"status": "passed"}
    assert dirty(store) == [LEAD]


def test_a_version_from_before_our_write_says_nothing_about_our_flags(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    clear(store)
    with store.write() as tx:
        rewriting.record_written_flags(tx, {LEAD: {"status": "ready"}}, T0 + timedelta(minutes=2))
    assert save(store, lead(1, {}, Email="a@b.jp")).doubtful == [LEAD]
    assert dirty(store) == []
    assert held(store).modified_at == T0, "so that a sweep finds it if the consistent reading fails"
    saved = save(store, lead(1, {}, Email="edited@b.jp"))
    assert (saved.changed, saved.doubtful) == (1, [LEAD])
    assert held(store).flags == {"status": "ready"}


def test_a_consistent_reading_is_believed_against_our_write(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    with store.write() as tx:
        rewriting.record_written_flags(tx, {LEAD: {"status": "ready"}}, T0 + timedelta(minutes=2))
    assert save(store, lead(1, {}, Email="a@b.jp"), consistent=True).reverted == 1
    assert held(store).flags == {}


def test_ids_joined_in_another_order_are_the_same_flag(store: Store) -> None:
    save(store, lead(0, {"missing_items": "pain;timing"}))
    clear(store)
    assert save(store, lead(1, {"missing_items": "timing;pain"})).dirty == 0


def test_a_deleted_record_keeps_what_it_had_and_learns_its_winner(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    gone = SourceRecord(LEAD, Kind.PERSON, T0, facts={"merged_into": "salesforce:Lead:00Q2"}, deleted=True)
    assert save(store, gone).changed == 1
    kept = held(store)
    assert kept.deleted
    assert kept.values == {"Email": "a@b.jp"}
    assert kept.facts["merged_into"] == "salesforce:Lead:00Q2"
    assert save(store, gone).dirty == 0


def test_a_restored_record_is_a_change(store: Store) -> None:
    save(store, lead(0, Email="a@b.jp"))
    save(store, SourceRecord(LEAD, Kind.PERSON, T0, deleted=True))
    assert save(store, lead(1, Email="a@b.jp")).changed == 1
    assert not held(store).deleted


def test_a_value_keeps_the_stamp_of_the_version_it_was_first_seen_in(store: Store) -> None:
    save(store, lead(0, Timing="来期", Pain=""))
    save(store, lead(5, Timing="来期", Pain="工数"))
    save(store, lead(9, Timing="今期", Pain="工数"))
    with store.read() as tx:
        written = records.load(tx, [LEAD])[LEAD].value_written
    assert written == {"Timing": T0 + timedelta(minutes=9), "Pain": T0 + timedelta(minutes=5)}


def test_a_nought_is_a_value_and_an_empty_text_is_none(store: Store) -> None:
    save(store, lead(0, Count=0, Open=False, Pain="", Timing=None))
    save(store, lead(5, Count=0, Open=False, Pain="", Timing="来期"))
    save(store, lead(9, Count=0, Open=True, Pain=""))
    with store.read() as tx:
        written = records.load(tx, [LEAD])[LEAD].value_written
    assert written == {"Count": T0, "Open": T0 + timedelta(minutes=9)}


def test_values_that_were_all_replaced_are_as_old_as_that_version(store: Store) -> None:
    save(store, lead(0, Timing="来期", Pain="工数", Empty=None))
    save(store, lead(5, Timing="今期", Pain="残業", Empty=None))
    save(store, lead(9, Timing="今期", Pain="残業", Empty="x"))
    with store.read() as tx:
        written = records.load(tx, [LEAD])[LEAD].value_written
    five, nine = T0 + timedelta(minutes=5), T0 + timedelta(minutes=9)
    assert written == {"Timing": five, "Pain": five, "Empty": nine}


def test_thousands_of_records_go_in_at_once(store: Store) -> None:
    many = [replace(lead(Email=f"p{n}@b.jp"), ref=RecordRef("salesforce", "Lead", f"{n:05}")) for n in range(2_500)]
    assert save(store, *many).new == 2_500
    assert save(store, *many).unchanged == 2_500

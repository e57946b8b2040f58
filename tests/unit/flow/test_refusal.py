"""What is kept of a CRM's words: never a sensitive text of the record they are about."""

from __future__ import annotations

import pytest

from sync.errors import TransientError
from sync.flow.refusal import QUOTED, UNCHECKED, quotes
from sync.flow.status import status
from sync.ports import WriteOutcome, WriteResult
from tests.store.house import House

SECRET = "競合のB社については触れないこと"


def refuse(house: House, message: str) -> list[str]:
    lead = house.lead(values={"NG_Topics__c": SECRET})
    house.sf.verdict = WriteResult(lead, WriteOutcome.REJECTED, "CANNOT_EXECUTE_FLOW_TRIGGER", message)
    report = house.run()
    return [entry.reason for entry in status(house.context).parked] + [str(problem) for problem in report.problems]


def test_words_that_quote_a_sensitive_item_are_not_kept(house: House) -> None:
    kept = refuse(house, f"Flow 123: NG事項「{SECRET}」が長すぎます")
    assert QUOTED in kept[0]
    assert not any("B社" in one for one in kept)


def test_a_part_of_it_in_another_width_is_recognised(house: House) -> None:
    assert QUOTED in refuse(house, "…競合の B 社については触…")[0]


def test_the_admins_own_words_are_kept(house: House) -> None:
    assert refuse(house, "業種を入力してください")[0].endswith("業種を入力してください")


def test_when_nobody_can_compare_nothing_is_kept(house: House) -> None:
    house.sf.broken["read Lead"] = TransientError("no answer")
    assert UNCHECKED in refuse(house, "業種を入力してください")[0]


def test_equal_words_cost_one_reading_however_many_records_they_are_about(house: House) -> None:
    for number in range(5):
        house.lead(f"00Q{number}", values={"NG_Topics__c": SECRET})
    house.sf.answer = lambda _change: WriteOutcome.REJECTED
    house.run()
    assert house.sf.calls.count("read Lead") == 1


@pytest.mark.parametrize(
    ("message", "text", "expected"),
    [
        ("値引き", "値引き", True),
        ("値引の話", "値引き", False),
        ("ABCDEF", "xxabcdefxx", True),
        ("ABCDE", "xxabcdexx", False),
        ("", "値", False),
        ("何か", "", False),
    ],
)
def test_quotes(message: str, text: str, expected: bool) -> None:
    assert quotes(message, text) is expected

"""What `status` counts of what FS answered."""

from __future__ import annotations

import pytest

from sync.flow.status import Returned, status
from tests.store.house import COMPLETE, House

LACKING = {**COMPLETE, "Decision_Maker__c": None}


def hand_over(house: House, record_id: str, values: dict[str, str | None], reason: str | None) -> None:
    """Passed under our eyes, and returned after the grace."""
    lead = house.lead(record_id, values)
    house.settle()
    house.sf.put(
        "Event", f"00U{record_id}", type="meeting", at="2026-10-20T01:00:00Z", logged_at="2026-10-06T04:00:00Z",
        status="scheduled", owner="salesforce:User:FS1", subjects=[str(lead)],
    )  # fmt: skip
    house.clock.pass_(hours=8)
    house.settle()
    house.lead(record_id, {**values, "FS_Decision__c": "差し戻し", "Return_Reason__c": reason})
    house.settle()
    assert house.sf.flags(lead)["status"] == "returned"


@pytest.mark.parametrize(
    ("values", "reason", "counted"),
    [
        (COMPLETE, "情報不足", Returned(1, 1)),
        (LACKING, "情報不足", Returned(1, 0)),
        (COMPLETE, "時期尚早", Returned(0, 0)),
        (COMPLETE, None, Returned(0, 0)),
    ],
)
def test_returned_for_missing_information_although_complete(
    house: House, values: dict[str, str | None], reason: str | None, counted: Returned
) -> None:
    hand_over(house, "00Q1", values, reason)
    assert status(house.context).returned_incomplete == counted


def test_a_return_of_a_pass_that_nobody_saw_counts_on_neither_side(house: House) -> None:
    house.lead(values={**COMPLETE, "Status": "SQL", "FS_Decision__c": "差し戻し", "Return_Reason__c": "情報不足"})
    house.settle()
    assert status(house.context).returned_incomplete == Returned(0, 0)

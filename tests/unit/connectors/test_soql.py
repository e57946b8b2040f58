"""Nothing reaches a query that was not checked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.salesforce import soql
from sync.errors import BugError

AT = datetime(2026, 10, 6, 1, 2, 3, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("0015g00000Ab7c9", "0015g00000Ab7c9AAB"),
        ("00Q5g00000A1b20", "00Q5g00000A1b20EAB"),
        ("00QABCDEFGHIJKL", "00QABCDEFGHIJKL255"),
    ],
)
def test_a_short_id_gets_its_checksum(short: str, full: str) -> None:
    assert soql.check_id(short) == full
    assert soql.check_id(soql.check_id(short)) == soql.check_id(short)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "00Q",
        "00Q5g00000A1b2' OR",
        "../../User/0055g",
        "00Q5g00000A1b20EA",
        "００Q5g00000A1b20",
        "00Q5g00000A1b20\n",
    ],
)
def test_what_is_no_id_goes_nowhere(bad: str) -> None:
    with pytest.raises(BugError):
        soql.check_id(bad)
    with pytest.raises(BugError):
        soql.id_in("Id", [bad])
    if bad:
        with pytest.raises(BugError):
            soql.after("SystemModstamp", AT, bad)


@pytest.mark.parametrize("bad", ["Email FROM User--", "a.b.c", "1x", "x y", "", "Émail"])
def test_what_is_no_name_goes_nowhere(bad: str) -> None:
    with pytest.raises(BugError):
        soql.select(["Id", bad], "Lead")


def test_an_empty_list_is_no_query() -> None:
    with pytest.raises(BugError):
        soql.id_in("Id", [])


def test_the_keyset_starts_behind_the_last_row() -> None:
    assert soql.after("CreatedDate", AT, "") == "CreatedDate >= 2026-10-06T01:02:03Z"
    assert soql.after("SystemModstamp", AT, "00Q5g00000A1b20EAB") == (
        "(SystemModstamp > 2026-10-06T01:02:03Z OR "
        "(SystemModstamp = 2026-10-06T01:02:03Z AND Id > '00Q5g00000A1b20EAB'))"
    )


def test_a_list_of_the_largest_batch_fits_into_an_address() -> None:
    from urllib.parse import urlencode

    ids = [f"00Q5g000{number:07d}EAB" for number in range(soql.ID_BATCH)]
    fields = [f"Some_Rather_Long_Field_Name_{number}__c" for number in range(100)]
    query = soql.select(["Id", *fields], "Lead", soql.id_in("Id", ids))
    assert len(urlencode({"q": query})) < 16_384 - 500

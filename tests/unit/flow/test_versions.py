"""Several versions of the definition in one store: each handoff by its own, and no work where nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sync.core.rules.edition import Edition
from sync.flow.preview import plan
from tests.store.house import COMPLETE, House

WHOLE = {**COMPLETE, "SQL_Date__c": "2026-10-06", "Title": "課長"}


def with_later(house: House, first: date = date(2026, 10, 8)) -> None:
    """From `first` on nobody below a president will do."""
    own = house.context
    definition = replace(own.rules.definition, version="later", effective_from=first, rank_at_least="president")
    rules = replace(own.rules, definition=definition, rules_hash="later")
    house.change(kept=(Edition(own.mapping, rules, own.tables),))


def test_at_midnight_what_has_not_passed_is_judged_by_the_new_version(house: House) -> None:
    with_later(house)
    lead = house.lead(values=WHOLE)
    house.settle()
    assert (house.sf.flags(lead)["definition"], house.sf.flags(lead)["sql_verdict"]) == ("2026-10", "qualified")
    house.clock.pass_(hours=36)
    house.run()
    assert (house.sf.flags(lead)["definition"], house.sf.flags(lead)["sql_verdict"]) == ("later", "undetermined")


def test_what_passed_before_stays_and_costs_nothing(house: House) -> None:
    with_later(house)
    lead = house.lead(values={**WHOLE, "Status": "Working"})
    house.settle()
    house.sf.put(
        "Event", "00U1", type="meeting", at="2026-10-20T01:00:00Z", logged_at="2026-10-06T04:00:00Z", status="scheduled",
        owner="salesforce:User:FS1", subjects=[str(lead)],
    )  # fmt: skip
    house.clock.pass_(hours=8)
    house.settle()
    assert house.sf.flags(lead)["passed_at"] == "2026-10-06T04:00:00Z"
    house.clock.pass_(hours=40)
    house.settle()
    assert house.sf.flags(lead)["definition"] == "2026-10"
    assert house.run().counts["judge"].get("judged", 0) == 0
    assert plan(house.context, house.clock.now).changes == ()


def test_a_version_that_comes_or_goes_judges_everything_once(house: House) -> None:
    lead = house.lead(values=WHOLE)
    house.settle()
    with_later(house)
    assert house.run().counts["judge"]["judged"] == 1
    assert house.run().counts["judge"].get("judged", 0) == 0
    house.change(kept=())
    assert house.run().counts["judge"]["judged"] == 1
    assert house.sf.flags(lead)["definition"] == "2026-10"

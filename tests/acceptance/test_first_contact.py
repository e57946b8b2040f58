"""Nobody is accused whose contact anybody could have read; who is overdue reads so at once; what comes later corrects it.

Two working weeks of every way in which a first contact is or is not on record, in steps of three hours, of one in `make
deep`. `python -m tests.acceptance.campaign` runs more of them, in half-hour steps.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.simulator.hubspot.switches import DEFAULT_SCOPES
from tests.acceptance.campaign import KINDS, THIN, Campaign, run_campaign
from tests.depth import share

AT_LEAST = share(30, 12)
ENOUGH = 30
"""Of a team's contacts to say that too few of them are on record."""
_NO_SALES_SEATS = [one for one in DEFAULT_SCOPES if "leads" not in one and one != "sales-email-read"]


@pytest.mark.slow
def test_clocks_say_what_could_be_read_at_every_cycle_of_two_weeks(tmp_path: Path) -> None:
    campaign = run_campaign(tmp_path, seed=5, lives=share(33, 14), step=timedelta(hours=share(1, 3)))
    print(campaign.table())
    assert campaign.wrong == []
    assert {name: campaign.seen[name] for name in KINDS if campaign.seen[name] < AT_LEAST} == {}
    assert campaign.seen["unverified in the outage"] >= 3
    assert campaign.seen["a cycle later, for the lag of the search"] <= 0.05 * campaign.seen["breached"]


@pytest.mark.slow
def test_a_portal_that_tells_no_mails_and_has_no_leads_freezes_nothing_and_accuses_nobody_whom_anybody_contacted(
    tmp_path: Path,
) -> None:
    """Readable or not: who was mailed has a stamp on the contact, and who has none was not contacted."""
    campaign = small(tmp_path, hubspot={"scopes": _NO_SALES_SEATS, "rollups": True}, blind=["emails"])
    assert campaign.wrong == []
    assert campaign.seen["breached"] >= AT_LEAST, "no clock was stopped for what the portal lacks"
    assert campaign.seen["unverified for a trace"] >= AT_LEAST


@pytest.mark.slow
def test_absences_of_the_owner_stop_the_clock_where_the_operator_says_so(tmp_path: Path) -> None:
    campaign = small(tmp_path, lives=AT_LEAST, ways=["absent"], away=True)
    assert campaign.wrong == []
    assert campaign.seen["absence"] >= AT_LEAST
    assert campaign.seen["breached"] and campaign.seen["met late"]


@pytest.mark.slow
def test_a_team_whose_calls_no_system_knows_is_accused_of_nothing_until_they_are_on_record(tmp_path: Path) -> None:
    campaign = small(tmp_path, lives=ENOUGH, ways=THIN, handoffs=40)
    assert campaign.wrong == []
    counted = ("spared while stopped", "still accused while stopped", "FS accused while IS is stopped")
    assert {name: campaign.seen[name] for name in counted if campaign.seen[name] < AT_LEAST} == {}
    assert campaign.seen["accused again"] >= 3
    assert campaign.seen["corrected"] >= AT_LEAST


def small(folder: Path, lives: int = 4, handoffs: int = 20, **switches: object) -> Campaign:
    """A few of each, in steps of three hours and without an outage."""
    step = timedelta(hours=3)
    return run_campaign(folder, seed=6, lives=lives, handoffs=handoffs, step=step, outage=None, **switches)

"""Calendars and absences of an org over HTTP: what `baton ops calendar` prints is a calendar that our settings take."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

import connectors
from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from sync import resources
from sync.app import read_settings
from sync.cli import main
from sync.core.calendar import is_open
from sync.core.model.records import Kind
from sync.ports import StreamSpec

NOW = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
CONNECTIONS = """connections:
  salesforce:
    kind: salesforce
    url: {url}
    auth: {{flow: client_credentials, client_id: "file:id", client_secret: "file:secret"}}
"""


class Operator:
    """A folder whose connection is a simulated org."""

    def __init__(self, folder: Path, server: LoopbackServer, run: Callable[..., tuple[int, str, str]]) -> None:
        self.folder, self.server, self.run = folder, server, run
        (folder / "config").mkdir()
        for name in ("baton.yaml", "definition.yaml"):
            shutil.copy(resources.shipped(f"config/{name}"), folder / "config" / name)
        (folder / "id").write_text("sim-consumer-key", encoding="utf-8")
        (folder / "secret").write_text("sim-consumer-secret", encoding="utf-8")
        text = self.baton.read_text(encoding="utf-8")
        start, end = text.index("  salesforce:\n"), text.index("  hubspot:\n")
        own = CONNECTIONS.format(url=server.base_url).removeprefix("connections:\n")
        self.baton.write_text(text[:start] + own + text[end:], encoding="utf-8")

    @property
    def baton(self) -> Path:
        return self.folder / "config/baton.yaml"

    def keep(self, name: str, **record: Any) -> None:
        self.server.control("apply", {"events": [{"op": "insert", "object": name, "record": record}]})

    def print(self, *arguments: str) -> tuple[int, str, str]:
        return self.run("ops", "calendar", *arguments, "--config", str(self.folder))

    def take_over(self, printed: str) -> Callable[[str], bool]:
        """Paste it, and say when the calendar is open."""
        text = self.baton.read_text(encoding="utf-8")
        pasted = "".join(f"  {line}\n" for line in printed.splitlines())
        text = text.replace("calendars:\n", f"calendars:\n{pasted}").replace("calendar: tokyo", "calendar: osaka")
        self.baton.write_text(text, encoding="utf-8")
        calendar = read_settings(self.folder).rules.is_clock.calendar
        return lambda wall: is_open(calendar, datetime.fromisoformat(wall).replace(tzinfo=calendar.zone))


@pytest.fixture
def operator(tmp_path, capsys) -> Iterator[Operator]:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    with LoopbackServer(SalesforceOrg(SimClock(NOW, speed=0))) as server:
        yield Operator(tmp_path, server, run)


def test_what_is_printed_can_be_pasted_and_means_the_same(operator):
    yearly = {"IsRecurrence": True, "RecurrenceInterval": 1, "IsAllDay": True}
    operator.keep("Holiday", Name="創立記念日", ActivityDate="2026-06-17", IsAllDay=True)
    operator.keep("Holiday", Name="スポーツの日", ActivityDate="2020-10-12", **yearly, RecurrenceType="RecursYearlyNth",
                  RecurrenceStartDate="2020-10-12", RecurrenceInstance="Second", RecurrenceDayOfWeekMask=2,
                  RecurrenceMonthOfYear="October")  # fmt: skip
    operator.keep("Holiday", Name="仕事納め", ActivityDate="2026-12-28", IsAllDay=False, StartTimeInMinutes=720,
                  EndTimeInMinutes=1440)  # fmt: skip
    operator.keep("Holiday", Name="a Saturday", ActivityDate="2026-10-10", IsAllDay=True)

    code, printed, _ = operator.print("--as", "osaka")
    is_open = operator.take_over(printed)

    assert code == 0
    assert "a Saturday" not in printed
    assert "2026-06-17  # 創立記念日" in printed
    assert [
        wall
        for wall in ("2026-06-17 10:00", "2026-10-12 10:00", "2027-10-11 10:00", "2028-10-09 10:00")
        if is_open(wall)
    ] == []
    assert is_open("2026-10-13 09:00") and not is_open("2026-10-13 18:00") and not is_open("2026-10-10 10:00")
    assert is_open("2026-12-28 11:59") and not is_open("2026-12-28 12:00")


def test_business_hours_are_taken_by_name(operator):
    hours = {"MondayStartTime": "22:00:00.000Z", "MondayEndTime": "00:00:00.000Z"}
    operator.keep(
        "BusinessHours", Name="Night", IsActive=True, IsDefault=False, TimeZoneSidKey="America/New_York", **hours
    )
    operator.keep("BusinessHours", Name="Old", IsActive=False, IsDefault=False, TimeZoneSidKey="Asia/Tokyo", **hours)

    code, printed, _ = operator.print("Night", "--as", "osaka")
    is_open = operator.take_over(printed)

    assert code == 0
    assert "tz: America/New_York" in printed
    assert is_open("2026-10-05 23:59") and not is_open("2026-10-06 00:00")
    code, _, said = operator.print("Old")
    assert code == 2 and "known: Default, Night" in " ".join(said.replace("│", " ").split())


def test_machines_get_the_entry_as_the_settings_take_it_and_what_each_day_is_called(operator):
    operator.keep("Holiday", Name="創立記念日", ActivityDate="2026-06-17", IsAllDay=True)
    operator.keep("Holiday", Name="仕事納め", ActivityDate="2026-12-28", IsAllDay=False, StartTimeInMinutes=720,
                  EndTimeInMinutes=1440)  # fmt: skip

    code, printed, _ = operator.print("--as", "osaka", "--json")
    told = orjson.loads(printed)
    is_open = operator.take_over(f"osaka: {orjson.dumps(told['calendars']['osaka']).decode()}")

    assert code == 0 and told["name"] == "Default" and told["unread"] == []
    assert told["days_off"] == {"2026-06-17": "創立記念日", "2026-12-28": "仕事納め"}
    assert not is_open("2026-06-17 10:00") and is_open("2026-06-18 10:00")
    assert is_open("2026-12-28 11:59") and not is_open("2026-12-28 12:00")


def test_names_cannot_smuggle_settings_in_and_what_is_not_understood_is_named(operator):
    operator.keep("Holiday", Name="x\nmode: write", ActivityDate="2026-10-13", IsAllDay=True)
    operator.keep("Holiday", Name="満月", ActivityDate="2026-10-13", IsAllDay=True, IsRecurrence=True,
                  RecurrenceType="RecursByMoon", RecurrenceStartDate="2026-10-13")  # fmt: skip

    _, printed, _ = operator.print("--as", "osaka")

    assert not any(line.strip().startswith("mode") for line in printed.splitlines())
    assert any(line.startswith("# ") and "満月" in line for line in printed.splitlines())
    operator.take_over(printed)


def test_it_costs_two_queries_and_writes_nothing(operator):
    operator.print()
    log = operator.server.control("log", {"since": 0})["entries"]
    calls = [entry for entry in log if "/query" in entry["path"]]
    assert len(calls) == 2
    assert {entry["method"] for entry in calls} == {"GET"}


def test_a_connection_without_calendars_is_told(operator):
    code, _, said = operator.print("--connection", "nowhere")
    assert code == 2 and "no connection" in said


def test_an_event_shown_as_out_of_office_is_read_as_an_absence(operator):
    """Through the real client: the columns that it needs are asked for, and other events stay meetings."""
    user = operator.server.control("dump", {"object": "User"})["records"][0]["Id"]
    days = {"IsAllDayEvent": True, "ActivityDate": "2026-10-06", "StartDateTime": "2026-10-06T00:00:00.000+0000",
            "EndDateTime": "2026-10-07T00:00:00.000+0000", "DurationInMinutes": 2880}  # fmt: skip
    operator.keep("Event", Subject="有休", OwnerId=user, ShowAs="OutOfOffice", **days)
    operator.keep("Event", Subject="社内会議", OwnerId=user, ShowAs="Busy", **days)
    auth = {"flow": "client_credentials", "client_id": "sim-consumer-key", "client_secret": "sim-consumer-secret"}
    connector = connectors.load("salesforce")
    source, _ = connector.open("sf", connector.read_settings("sf", {"url": operator.server.base_url, "auth": auth}))

    found = [record for page in source.head([StreamSpec("Event", Kind.ACTIVITY)], {}) for record in page.records]

    (absence,) = (record for record in found if record.kind is Kind.ABSENCE)
    assert absence.facts == {"owner": f"sf:User:{user}", "from": "2026-10-06", "until": "2026-10-07"}
    assert [record.facts["type"] for record in found if record.kind is Kind.ACTIVITY] == ["meeting"]

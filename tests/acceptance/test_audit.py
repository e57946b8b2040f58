"""`baton audit` on an org whose fields are labelled in Japanese under API names that say nothing, with hostile texts in it."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from connectors.simulator.world.fields import FIELDS
from sync.app import read_settings
from sync.cli import main
from sync.report.audit_page import NUMBERED
from sync.trial import BLANK_KEYS, Trial

HANDOFFS = 80
HOSTILE = "=cmd|'/C calc'!A0<script>alert(1)</script>\x1b[31m{{7*7}}\u202e"
LABELS = {
    "department": "部署", "sql_date": "SQL判定日", "sql_reason": "SQL判定理由", "budget_status": "予算化の有無",
    "budget_amount": "概算予算", "timing": "導入希望時期", "decision_maker": "決裁者", "decision_process": "決裁フロー",
    "pain": "課題", "purpose": "導入目的", "competitors": "競合状況", "contact_history": "接触履歴",
    "engaged_content": "刺さった資料", "ng_topics": "NG事項", "next_action": "次回アクション", "memo": "申し送り事項",
}  # fmt: skip
HOSTILE_LABEL = "申し送り事項（<img src=x onerror=a`2`\x1b[31m\n      evil: E__c>"
"""Of a field that is proposed: it stands on the page, in the CSV and behind a line of the proposed mapping."""
DECOYS = ("決裁者向け資料の送付状況", "予算コード", "課題管理番号", "競合製品の契約更新時期", "訪問目的", "NG理由")


TEMPTING = {
    "競合状況の共有先": "competitors",
    "刺さった資料の送付先": "engaged_content",
    "部署コードの更新元": "department",
}
"""On the opportunity, where what they nearly say is in fields that nobody could guess."""


@dataclass
class Desk:
    trial: Trial
    folder: Path
    out: str
    told: dict[str, Any]
    truth: dict[str, dict[str, str]]
    """Object → item → the name that its field has now."""

    def rows(self, name: str) -> list[dict[str, Any]]:
        org = self.trial.simulator.salesforce
        return [row for row in org.data.tables[name].rows.values() if not row.get("IsDeleted")]


def run(*arguments: str) -> tuple[int, str]:
    told = io.StringIO()
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stdout(told):
        main(arguments)
    return int(ended.value.code or 0), told.getvalue()


def rename(trial: Trial) -> dict[str, dict[str, str]]:
    """Japanese labels on fields called Field_17__c, and decoys beside them."""
    truth: dict[str, dict[str, str]] = {}
    for name in ("Lead", "Opportunity"):
        items = dict(FIELDS[f"salesforce:{name}"])
        names = {field: f"Field_{n}__c" for n, field in enumerate(sorted(items.values()), 17) if field.endswith("__c")}
        labels = {names[field]: LABELS[item] for item, field in items.items() if field in names}
        change(trial, {"op": "rename_fields", "object": name, "fields": names})
        kind = trial.simulator.salesforce.data.objects[name.lower()]
        for field, label in labels.items():
            kind.fields[field.lower()].label = label
        extra = [{"name": f"Field_{n}__c", "type": "string", "label": label} for n, label in enumerate(DECOYS, 90)]
        if name == "Opportunity":
            for n, (label, item) in enumerate(TEMPTING.items(), 80):
                extra.append({"name": f"Field_{n}__c", "type": "string", "label": label})
                if item in items:
                    kind.fields[names[items[item]].lower()].label = f"備考{n}"
        change(trial, {"op": "define_fields", "object": name, "fields": extra})
        truth[name] = {item: names.get(field, field) for item, field in items.items()}
    return truth


def change(trial: Trial, event: dict[str, Any]) -> None:
    trial.simulator.apply([{"system": "salesforce", "at": trial.world.start.isoformat(), "by": None, **event}])


def spoil(simulator: Any, rows: list[dict[str, Any]], truth: dict[str, dict[str, str]]) -> None:
    """Hostile text in every field that holds text, of some records, and in the names of what is there."""
    org = simulator.salesforce
    org.data.objects["lead"].fields[truth["Lead"]["memo"].lower()].label = HOSTILE_LABEL
    org.data.objects["opportunity"].fields[truth["Opportunity"]["memo"].lower()].label = HOSTILE_LABEL
    for row in rows[:3]:
        row[truth["Lead"]["competitors"]] = "不明"
        row[truth["Lead"]["memo"]] = row["LeadSource"] = HOSTILE
    rows[0]["Status"] = HOSTILE
    texts = {
        "Company",
        "LastName",
        "FirstName",
        "Title",
        "Phone",
        "Email",
        "Status",
        "LeadSource",
        *truth["Lead"].values(),
    }
    for row in rows[3:6]:
        row |= {name: HOSTILE for name in texts if isinstance(row.get(name), str) and "Date" not in name}
    deals = list(org.data.tables["Opportunity"].rows.values())
    for row in deals:
        row |= {f"Field_{n}__c": "営業企画に共有済み" for n, _ in enumerate(TEMPTING, 80)}
    for row in deals[:3]:
        row["StageName"] = HOSTILE
    for row in org.data.tables["Organization"].rows.values():
        row["Name"] = HOSTILE


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("audit")
    trial = Trial.start(home / "trial", seed=5, handoffs=HANDOFFS)
    try:
        truth = rename(trial)
        simulator = trial.simulator
        rows = list(simulator.salesforce.data.tables["Lead"].rows.values())
        spoil(simulator, rows, truth)
        folder = home / "acme"
        folder.mkdir()
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in BLANK_KEYS.items()))
        (folder / ".env").chmod(0o600)
        url = ("--salesforce-url", simulator.salesforce_url, "--hubspot-url", simulator.hubspot_url)
        code, out = run("audit", "--output", str(folder), *url, "--json")
        assert code == 0, out
        yield Desk(trial, folder, out, orjson.loads(out), truth)
    finally:
        trial.stop()


def test_at_least_fourteen_items_are_found_and_none_of_them_wrong(desk: Desk) -> None:
    for name in ("Lead", "Opportunity"):
        told = desk.told["fields"][f"salesforce:{name}"]
        for item, found in told.items():
            if found["sure"] and item in desk.truth[name]:
                assert found["sure"][0] == desk.truth[name][item], (name, item)
            assert not {f"Field_{n}__c" for n in range(90, 90 + len(DECOYS))} & {*found["sure"]}, (name, item)
    sure = {item for item, found in desk.told["fields"]["salesforce:Lead"].items() if found["sure"]}
    assert sum(all(part in sure for part in parts) for parts in NUMBERED) >= 14
    assert desk.told["items"]["sure"] >= 14


def test_a_field_that_only_comes_close_is_doubtful_and_stands_as_a_comment(desk: Desk) -> None:
    told = desk.told["fields"]["salesforce:Opportunity"]
    tempting = {f"Field_{n}__c": item for n, item in enumerate(TEMPTING.values(), 80)}
    assert not tempting.keys() & {field for found in told.values() for field in found["sure"]}
    doubted = {field for item, found in told.items() for field in found["doubtful"] if tempting.get(field) == item}
    assert doubted
    lines = (desk.folder / "mappings" / "salesforce.yaml").read_text().splitlines()
    named = [line for line in lines if any(field in line for field in doubted)]
    assert named and all(line.lstrip().startswith("#") and "要確認" in line for line in named)
    page = (desk.folder / "audit.html").read_text(encoding="utf-8")
    assert all(field in page for field in doubted)


def test_the_counts_are_those_of_the_records(desk: Desk) -> None:
    leads = desk.rows("Lead")
    assert desk.told["records"]["salesforce:Lead"] == len(leads)
    cells = read_csv(desk)
    pain = desk.truth["Lead"]["pain"]
    empty = sum(not row.get(pain) for row in leads) / len(leads)
    assert cells["Salesforce Lead", "顕在化している課題", "未入力"] == [f"{empty:.4f}"]
    assert cells["よくある仮の値・具体性に欠ける値", "不明", "引き継ぎ項目"]
    converted = sum(bool(row.get("IsConverted")) for row in leads)
    assert cells["パスの実態", "Salesforce Lead: 取引開始", "回数"] == [str(converted)]
    stages = Counter(row["StageName"] for row in desk.rows("Opportunity") if row["StageName"] != HOSTILE)
    shown = Counter(
        dict(zip(cells["いまの状況・フェーズ", "Salesforce Opportunity", "状況・フェーズ"],
                 map(int, cells["いまの状況・フェーズ", "Salesforce Opportunity", "回数"]), strict=True))
    )  # fmt: skip
    assert {stage: n for stage, n in shown.items() if "cmd" not in stage} == stages


def test_nothing_was_written_to_either_crm(desk: Desk) -> None:
    simulator = desk.trial.simulator
    for server, reading in (
        (simulator.salesforce_server, ("/services/oauth2/token", "/composite")),
        (simulator.hubspot_server, ("/search", "/batch/read", "/oauth/", "/batch")),
    ):
        for entry in server.log:
            posts = entry.method == "POST" and any(part in entry.path for part in reading)
            assert entry.method == "GET" or posts, (entry.method, entry.path)


def test_the_proposed_folder_can_be_used_and_maps_nothing_doubtful(desk: Desk) -> None:
    settings = read_settings(desk.folder)
    mapping = yaml.safe_load((desk.folder / "mappings" / "salesforce.yaml").read_text())
    lead = mapping["streams"]["Lead"]["items"]
    assert lead["pain"] == desk.truth["Lead"]["pain"]
    assert {item: field for item, field in lead.items() if item in desk.truth["Lead"] and item != "phone"}.items() <= desk.truth["Lead"].items()  # fmt: skip
    assert {who for role in settings.files.definition.roles.values() for who in role.names} >= {"IS", "FS"}
    assert settings.mode == "observe"
    assert (desk.folder / ".env").read_text().startswith("BATON_SF_CLIENT_ID")


def test_what_is_there_is_never_overwritten(desk: Desk) -> None:
    before = {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    calls = len(desk.trial.simulator.salesforce_server.log)
    url = ("--salesforce-url", desk.trial.simulator.salesforce_url, "--hubspot-url", desk.trial.simulator.hubspot_url)
    assert run("audit", "--output", str(desk.folder), *url, "--json")[0] == 2
    assert {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()} == before
    assert len(desk.trial.simulator.salesforce_server.log) == calls


def test_an_object_that_cannot_be_read_is_told_and_mapped_nowhere(tmp_path: Path) -> None:
    trial = Trial.start_blank(tmp_path, seed=5, handoffs=10)
    try:
        url = ("--salesforce-url", trial.simulator.salesforce_url, "--hubspot-url", trial.simulator.hubspot_url)
        code, out = run("audit", "--output", str(tmp_path), *url, "--json")
    finally:
        trial.stop()
    assert code == 1
    assert "salesforce:Lead" in orjson.loads(out)["unread"]
    assert "読み取れなかったもの" in (tmp_path / "audit.html").read_text(encoding="utf-8")
    streams = yaml.safe_load((tmp_path / "mappings" / "salesforce.yaml").read_text())["streams"]
    assert [name for name, stream in streams.items() if stream.get("items") or stream.get("inputs")] == []
    read_settings(tmp_path)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        del attrs
        self.tags[tag] += 1


def test_hostile_texts_harm_neither_page_nor_csv_nor_terminal(desk: Desk) -> None:
    for name in ("audit.html", "audit.en.html"):
        text = (desk.folder / name).read_text(encoding="utf-8")
        page = _Tags()
        page.feed(text)
        assert page.tags["script"] == 0 and page.tags["img"] == 0
        assert "onerror=a`2`" in text
        assert "alert(1)" in text  # it is shown, as text
        assert "\x1b" not in text
        assert "\u202e" not in text
    raw = (desk.folder / "audit.csv").read_text(encoding="utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(raw)) for cell in row]
    assert any(cell.startswith("'=cmd") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert "\x1b" not in raw + desk.out
    mapping = (desk.folder / "mappings" / "salesforce.yaml").read_text()
    assert "\x1b" not in mapping
    assert "onerror=a`2`" in mapping  # in the comment behind its line, and nowhere else
    assert not any("evil" in stream.get("items", {}) for stream in yaml.safe_load(mapping)["streams"].values())


def test_a_sample_tells_its_margin_and_comes_near(desk: Desk, tmp_path: Path) -> None:
    shutil.copy(desk.folder / ".env", tmp_path / ".env")
    simulator = desk.trial.simulator
    url = ("--salesforce-url", simulator.salesforce_url, "--hubspot-url", simulator.hubspot_url)
    code, out = run("audit", "--output", str(tmp_path), "--sample", "30", *url, "--json")
    assert code == 0
    assert orjson.loads(out)["records"]["salesforce:Lead"] == 30
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "無作為抽出" in page
    assert "±" in page


def test_without_credentials_it_says_which_are_missing(tmp_path: Path) -> None:
    code, out = run("audit", "--output", str(tmp_path), "--salesforce-url", "https://acme.my.salesforce.com", "--json")
    assert code == 2
    assert "BATON_SF_CLIENT_ID" in out
    assert not [*tmp_path.iterdir()]


def read_csv(desk: Desk) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    text = (desk.folder / "audit.csv").read_text(encoding="utf-8-sig")
    for table, row, column, value in list(csv.reader(io.StringIO(text)))[1:]:
        found.setdefault((table, row, column), []).append(value)
    return found

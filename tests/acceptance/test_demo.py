"""`baton demo` as a newcomer runs it: one command, an empty environment, a page, nothing left behind."""

from __future__ import annotations

import html.parser
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.depth import share

SCREENS = {f"{system}-{language}.html" for system in ("salesforce", "hubspot") for language in ("ja", "en")}
REPORTS = {f"report-{language}.html" for language in ("ja", "en")}
PAGES = {"index.html", "en.html"} | SCREENS | REPORTS


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[bytes], Path]:
    output = tmp_path_factory.mktemp("demo")
    scratch = tmp_path_factory.mktemp("scratch")
    bare = {"PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "sync", "demo", "--output", str(output), "--json"]
    command += share([], ["--handoffs", "80"])
    done = subprocess.run(command, capture_output=True, env=bare, timeout=300, check=False)
    assert list(scratch.glob("baton-*")) == [], "the demo leaves its folder behind"
    return done, output


@pytest.mark.slow
def test_the_demo_ends_well_and_every_flag_is_true(demo: tuple[subprocess.CompletedProcess[bytes], Path]) -> None:
    done, _ = demo
    assert done.returncode == 0, done.stderr.decode()
    told = orjson.loads(done.stdout)
    assert told["differences"] == 0
    assert told["flags"] >= 40
    assert told["cleared"] >= 5
    assert told["corrected"] >= 1


class Page(html.parser.HTMLParser):
    """Collects what a page would load, and its language."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        self.loads += [str(given[name]) for name in ("src", "href", "action") if given.get(name)]


@pytest.mark.parametrize(("name", "language", "words"), [
    ("index.html", "ja", ["差し戻し（再パス待ち）", "期限超過（未対応）", "記録が後から追加されたため", "相違は0件"]),
    ("en.html", "en", ["Returned (to be passed again)", "Overdue (open)", ": 0 differ."]),
    ("salesforce-ja.html", "ja", ["引き継ぎメモ（自動）", "引き継ぎサマリー（自動）", "直近の接触：", "入力先：この商談の「引き継ぎ情報」欄"]),
    ("salesforce-en.html", "en", ["Handoff note (automatic)", "Latest contacts: ", "Where: the section"]),
    ("hubspot-ja.html", "ja", ["引き継ぎメモ（自動）", "入力先：このコンタクトの「引き継ぎ情報」グループ"]),
    ("report-ja.html", "ja", ["商談化率（パス起点）", "どこで抜けているか", "95%信頼区間", "<svg role=\"img\""]),
    ("report-en.html", "en", ["Pass to opportunity", "Where passes leak", "95% interval"]),
    ("hubspot-en.html", "en", ["Handoff note (automatic)", "Where: the property group"]),
])  # fmt: skip
def test_the_page_tells_the_story_and_loads_nothing(
    demo: tuple[subprocess.CompletedProcess[bytes], Path], name: str, language: str, words: list[str]
) -> None:
    text = (demo[1] / name).read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.language == language
    assert set(page.loads) <= PAGES, "the page must not load or link anything else"
    assert [word for word in words if word not in text] == []

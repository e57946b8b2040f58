"""The report as people get it: page, CSV, workbook and JSON say the same, and what a CRM holds harms none of them."""

from __future__ import annotations

import csv
import html.parser
import io
import re
import zipfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from sync.cli.show import plain
from sync.report.chart import Bar, Point, draw_counts, draw_trend
from sync.report.numbers import all_figures
from sync.report.page import shade
from sync.report.report_file import as_json, write_csv, write_list, write_xlsx
from sync.report.report_page import render_report
from tests.unit.metrics.tracks import NOW, TOKYO, track
from tests.unit.report.hostile import HOSTILE, labels_in, make_report, make_tracks


class _Page(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "ja",
            [
                "商談化率（パス起点）",
                "案件化率",
                "受注率",
                "60件中23件",
                "95%信頼区間",
                "FSが受領",
                "厳格化",
                "顕在化している課題",
            ],
        ),
        ("en", ["Pass to opportunity", "Opportunities accepted", "23 of 60", "95% interval", "Before and after"]),
    ],
)
def test_the_page_tells_the_three_rates_and_runs_and_loads_nothing(language: str, words: list[str]) -> None:
    text = render_report(make_report(make_tracks()), labels_in(language))
    page = _Page(text)
    assert [word for word in words if word not in page.text and word not in text] == []
    assert {"script", "iframe", "object", "link", "img"}.isdisjoint(page.tags)
    loads = [value for name, value in page.attributes if name in ("src", "href", "action", "xlink:href")]
    assert all(value.startswith("https://example.my.salesforce.com/") for value in loads)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert f'<html lang="{language}">' in text


def test_every_chart_has_a_name_and_ids_of_its_own() -> None:
    text = render_report(make_report(make_tracks()), labels_in())
    charts = re.findall(r"<svg [^>]*>", text)
    assert len(charts) >= 4 and all('role="img" aria-label="' in chart for chart in charts)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_headings_go_down_step_by_step_and_tables_name_rows_and_columns() -> None:
    page = _Page(render_report(make_report(make_tracks()), labels_in()))
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    assert ("scope", "row") in page.attributes and ("scope", "col") in page.attributes


@pytest.mark.parametrize("by", ["channel", "segment", "team"])
def test_whatever_stands_in_a_crm_is_text_on_the_page(by: str) -> None:
    calm = _Page(render_report(make_report(make_tracks(), by=by, smallest=1), labels_in()))
    page = _Page(render_report(make_report(make_tracks(HOSTILE), by=by, smallest=1), labels_in()))
    assert "script" not in page.tags and "img" not in page.tags
    assert set(page.tags) <= set(calm.tags) | {"a"}
    assert not [value for name, value in page.attributes if name == "href" and not value.startswith("https://example")]
    assert page.tags.count("style") == 1


def test_no_cell_of_a_csv_is_a_formula_and_no_byte_of_it_steers_a_terminal() -> None:
    report = make_report(make_tracks(HOSTILE), by="team", smallest=1)
    listed = "".join(write_list(make_tracks(HOSTILE), labels_in(), TOKYO))
    for made in (write_csv(report, labels_in()), listed):
        assert made.startswith("\ufeff")
        for row in csv.reader(io.StringIO(made.removeprefix("\ufeff"))):
            for cell in row:
                assert not cell.lstrip().startswith(("=", "+", "@", "\t", "\r", "＝", "＋", "－", "＠")), cell
                assert not cell.startswith("-") or re.fullmatch(r"-?\d+(\.\d+)?", cell), cell
                assert cell.isprintable(), cell


def test_a_workbook_holds_no_formula_and_no_link(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_xlsx(
        make_report(make_tracks(HOSTILE), by="segment", smallest=1), labels_in(), iter(make_tracks(HOSTILE)), path
    )
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))}
    sheets = "".join(body for name, body in parts.items() if "worksheets/sheet" in name)
    assert "<f>" not in sheets and "<f " not in sheets and "hyperlink" not in sheets
    assert "\x1b" not in sheets and sheets.count("<row") > 60
    texts = re.findall(r"<t[^>]*>([^<]*)</t>", sheets)
    assert max(len(text.encode("utf-16-le")) // 2 for text in texts) <= 32_767, "Excel calls such a book damaged"


def test_all_four_say_the_same_number(tmp_path: Path) -> None:
    report, labels = make_report(make_tracks()), labels_in("en")
    told = orjson.loads(orjson.dumps(plain(as_json(report, labels))))
    figure = next(
        f for f in told["figures"] if f["rate"] == "pass_to_deal" and f["view"] == "cohort" and f["by"] == "all"
    )
    assert (figure["numerator"], figure["denominator"], figure["months"]) == (23, 60, ["2026-07", "2026-10"])
    assert figure["low"] < figure["share"] < figure["high"]
    assert figure["versions"] == ["v1", "v2"] and figure["definition"] and figure["records"] and figure["others"]
    rows = list(csv.reader(io.StringIO(write_csv(report, labels).removeprefix("\ufeff"))))
    row = next(r for r in rows if r[:4] == ["Pass to opportunity", "Cohort", "All", "2026-07..2026-10"])
    assert row[4:6] == ["23", "60"] and row[11] == "v1, v2" and row[12].startswith("Passes that became")
    assert "23 of 60" in render_report(report, labels)


def test_a_small_number_is_withheld_on_the_page_and_in_the_csv_and_its_counts_are_not() -> None:
    report, labels = make_report(make_tracks()[:7]), labels_in("en")
    page = render_report(report, labels)
    assert "fewer than 10: no rate is shown" in page and "29%" not in page
    row = next(r for r in csv.reader(io.StringIO(write_csv(report, labels))) if r[0] == "Pass to opportunity")
    assert row[4:9] == ["2", "7", "", "", ""] and row[10] == "too few"


def test_a_period_without_anything_says_so() -> None:
    assert "この期間に数えられる引き継ぎがありません" in render_report(make_report([]), labels_in())
    assert all(not figure.denominator for figure in all_figures(make_report([])))


def test_a_young_cohort_is_marked_and_the_guard_stands_above_everything() -> None:
    old = [track("07-01", passed="07-02", deal="09-20") for _ in range(30)]
    young = [track("11-20", passed="11-21", deal="11-28") for _ in range(5)] + [
        track("11-20", passed="11-21") for _ in range(7)
    ]
    page = render_report(make_report([*old, *young], window=("2026-11",), now=NOW - timedelta(days=2)), labels_in("en"))
    assert "still maturing" in page
    before = [
        track("07-01", passed="07-02", deal="07-05", **({"accepted": "07-09"} if n < 36 else {})) for n in range(40)
    ]
    before += [track("07-01", passed="07-02") for _ in range(60)]
    after = [
        track("09-01", passed="09-02", deal="09-05", version="v2", **({"accepted": "09-09"} if n < 20 else {}))
        for n in range(70)
    ]
    after += [track("09-01", passed="09-02", version="v2") for _ in range(30)]
    page = render_report(make_report([*before, *after]), labels_in("ja"))
    assert page.index("案件化率が誤差の範囲を超えて下がっています") < page.index("3つの率")


def test_charts_are_pictures_whose_parts_can_be_told_apart_in_grey() -> None:
    svg = str(
        draw_trend(
            "率: 10月 30%",
            [Point("9月", None), Point("10月", 0.3, 0.2, 0.4), Point("11月", 0.4, 0.3, 0.5, False)],
            [("10月", "<b>新基準")],
        )
    )
    assert 'aria-label="率: 10月 30%"' in svg and "&lt;b&gt;" in svg and "<b>" not in svg
    assert "#ffffff" in svg or 'fill="white"' in svg
    assert "<svg onload" not in str(draw_counts("x", [Bar('"><svg onload=alert(1)>', (3,), "3")]))
    assert "<svg" in str(draw_counts("\x1b[31m", [Bar("\x1b[31m\x07", (3,), "\x00")])), (
        "control characters would end the process"
    )
    assert [shade(share) for share in (0.0, 0.1, 0.2, 0.4, 0.6, 0.9)] == [0, 1, 2, 3, 4, 5]

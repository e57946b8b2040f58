"""Opens the demo's pages, the report and the audit in a real browser: nothing on the console, nothing leaves the page, no serious
obstacle for people with disabilities, printed on A4; keeps pictures of them. So is a report whose every text is hostile, or longer
than anybody would think."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from sync.report.report_page import render_report
from sync.trial import BLANK_KEYS, Trial
from tests.unit.report.hostile import HOSTILE, labels_in, make_report, make_tracks

OUTPUT = Path("demo-output")
SIZES = {"desktop": (1180, 900), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
A4 = (595, 842)
"""Points."""
LONGEST = 6
"""Sheets that a page may take."""


def main() -> int:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("no system Chromium: install the package `chromium`")
        return 1
    subprocess.run([sys.executable, "-m", "sync", "demo", "--output", str(OUTPUT)], check=True)
    take_stock()
    write_hostile()
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        for name in sorted(path.name for path in OUTPUT.glob("*.html")):
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                problems += look(page, OUTPUT / name, OUTPUT / f"{Path(name).stem}-{size}.png")
        browser.close()
    done = "pages: no console message, no request left the page, no sideways scrolling, no serious obstacle, fit for A4"
    print("\n".join(problems) or done)
    return 1 if problems else 0


def take_stock() -> None:
    """The audit's pages of a simulated company, beside the demo's."""
    with TemporaryDirectory() as room:
        trial = Trial.start(Path(room) / "trial", seed=1, handoffs=200)
        try:
            urls = ("--salesforce-url", trial.simulator.salesforce_url, "--hubspot-url", trial.simulator.hubspot_url)
            command = [sys.executable, "-m", "sync", "audit", "--output", f"{room}/audit", *urls]
            subprocess.run(command, check=True, env={**os.environ, **BLANK_KEYS})
        finally:
            trial.stop()
        for page in Path(room, "audit").glob("*.html"):
            shutil.copy(page, OUTPUT / page.name)


def write_hostile() -> None:
    report = make_report(make_tracks(HOSTILE), smallest=1)
    for language in ("ja", "en"):
        page = render_report(report, labels_in(language))
        Path(OUTPUT, f"hostile-{language}.html").write_text(page, encoding="utf-8")


def look(page: Page, file: Path, picture: Path) -> list[str]:
    """Problems of one page at one size."""
    found: list[str] = []
    page.on("console", lambda message: found.append(f"{file.name}: console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"{file.name}: {error}"))
    page.on("dialog", lambda dialog: found.append(f"{file.name}: opens a dialog: {dialog.message}"))
    page.on("request", lambda r: None if r.url.startswith("file:") else found.append(f"{file.name}: asks {r.url}"))
    page.goto(file.resolve().as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.dataset.open = one.open)")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"{file.name}: {wide} px wider than the {picture.stem} screen")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = one.dataset.open === 'true')")
    page.screenshot(path=picture, full_page=True)
    if picture.stem.endswith("desktop"):
        found += print_out(page, file)
    found += look_for_obstacles(page, picture)
    page.close()
    return found


def print_out(page: Page, file: Path) -> list[str]:
    """Printed as the page itself asks for: on A4, nothing cut off at the right, no more sheets than one reads."""
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = [
        tuple(round(float(side)) for side in box.split()[2:]) for box in re.findall(rb"/MediaBox \[([^\]]*)\]", pdf)
    ]
    sheets = len(re.findall(rb"/Type /Page\b(?!s)", pdf))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 710, "height": 1000})
    cut = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.emulate_media(media="screen")
    problems = [f"{file.name}: printed on {box}, not on A4" for box in {*boxes} if box != A4]
    if sheets > LONGEST and file.name.startswith("report"):
        problems.append(f"{file.name}: {sheets} sheets of paper")
    if cut > 0:
        problems.append(f"{file.name}: {cut} px are cut off in print")
    return problems


def look_for_obstacles(page: Page, picture: Path) -> list[str]:
    """What axe calls serious or critical."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{picture.stem}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:120]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


if __name__ == "__main__":
    sys.exit(main())

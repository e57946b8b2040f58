"""Opens the demo's pages in a real browser: nothing on the console, nothing leaves the page; keeps pictures of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

OUTPUT = Path("demo-output")
SIZES = {"desktop": (1180, 900), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> int:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("no system Chromium: install the package `chromium`")
        return 1
    subprocess.run([sys.executable, "-m", "sync", "demo", "--output", str(OUTPUT)], check=True)
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        for name in sorted(path.name for path in OUTPUT.glob("*.html")):
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                problems += look(page, OUTPUT / name, OUTPUT / f"{Path(name).stem}-{size}.png")
        browser.close()
    print("\n".join(problems) or "pages: no console message, no request left the page, no sideways scrolling")
    return 1 if problems else 0


def look(page: Page, file: Path, picture: Path) -> list[str]:
    """Problems of one page at one size."""
    found: list[str] = []
    page.on("console", lambda message: found.append(f"{file.name}: console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"{file.name}: {error}"))
    page.on("request", lambda r: None if r.url.startswith("file:") else found.append(f"{file.name}: asks {r.url}"))
    page.goto(file.resolve().as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"{file.name}: {wide} px wider than the {picture.stem} screen")
    page.screenshot(path=picture, full_page=True)
    page.close()
    return found


if __name__ == "__main__":
    sys.exit(main())

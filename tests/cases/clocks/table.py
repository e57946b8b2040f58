"""The worked examples as a page to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.cases.clocks.read import PAGES, Case, Page, read_page

_HEAD = """# Worked examples of the clocks

Made from the files beside this page by `.venv/bin/python -m tests.cases.clocks`; a test holds the page to the files and the
engine to the page. The expectations were worked out by hand from the rules, never taken from the engine.

Not here: thin evidence, which is of a team and no one handoff; and clock skew between the systems, which never reaches the core.
"""
_STATES = {
    "waiting": "waiting", "met": "met", "met_late": "met late", "breached": "breached", "unverified": "unverified",
    "none": "none", "paused": "paused",
}  # fmt: skip
_WORDS = {"form": "form submitted", "mql": "became MQL", "status": "status is", "decision": "FS decision is",
          "hide": "nobody can read"}  # fmt: skip


def render() -> str:
    pages = [read_page(name) for name in PAGES]
    arithmetic, inquiry, passed, policy, batch = pages
    count = sum(len(page.cases) for page in pages)
    parts = [
        _HEAD,
        f"{count} examples.\n",
        f"## Calendar arithmetic\n\n{arithmetic.comment}\n",
        _table(["calendar", "meaning"], [[name, said["says"]] for name, said in arithmetic.calendars.items()]),
        _table(
            ["case", "calendar", "start", "question", "answer", "why"],
            [_arithmetic(case) for case in arithmetic.cases],
        ),
        f"## First contact after an inquiry\n\n{inquiry.comment}\n",
        _clocks(inquiry),
        f"## First contact after the pass\n\n{passed.comment}\n",
        _clocks(passed),
        f"## With other settings\n\n{policy.comment}\n",
        _clocks(policy),
        f"## People who came together\n\n{batch.comment}\n",
        _clocks(batch),
    ]
    return "\n".join(parts)


def _clocks(page: Page) -> str:
    head = ["case", "what the CRMs hold", "asked at", "state", "due", "contact", "working time", "why"]
    return _table(head, [_clock(case) for case in page.cases])


def _arithmetic(case: Case) -> list[str]:
    if "target" in case:
        cutoff = f", cutoff {case['cutoff']}" if "cutoff" in case else ""
        question, answer = f"when is {case['target']} due{cutoff}", f"**{_day(case['due'])}**"
    elif "end" in case:
        question = f"working time until {_day(case['end'])}"
        answer = f"**{case['working']}** ({case['elapsed']} elapsed)"
    elif "back" in case:
        question, answer = f"how far does {case['back']} reach back", f"**{_day(case['reaches'])}**"
    else:
        question, answer = "when do they open", f"**{_day(case['opens'])}**"
    return [case["name"], case["calendar"], _day(case["start"]), question, answer, case["why"]]


def _clock(case: Case) -> list[str]:
    state = _STATES[case["state"]]
    if case.get("corrected"):
        state += ", corrected"
    if case.get("asks"):
        state += ", asks for a re-reading"
    if case.get("at_risk"):
        state += ", at risk"
    if "attempts" in case:
        state += f", attempts {case['attempts']}" + (", given up early" if case["early"] else "")
    due, contact = (_day(case[name]) if name in case else "" for name in ("due", "contact"))
    return [
        case["name"],
        _held(case),
        _day(case["now"]),
        f"**{state}**",
        due,
        contact,
        case.get("working", ""),
        case["why"],
    ]


def _held(case: Case) -> str:
    said = [f"`{name}: {_setting(value)}`" for name, value in case.get("policy", {}).items()]
    said += [_came(*one) for one in case.get("others", ())]
    if "clock" in case:
        said.append(f"clock {case['clock']}")
    if "source" in case:
        said.append(f"source {case['source'] or 'empty'}")
    if "created" in case:
        said.append(f"created {_day(case['created'])}")
    for name in ("integration_users", "automation_users", "native_sync_users", "task_types"):
        if name in case:
            said.append(f"{name}: {', '.join(case[name])}")
    said += [_event(event) for event in case["events"]]
    if "breached" in case:
        said.append(f"breach written {_day(case['breached'])}")
    if case.get("reread") == "failed":
        said.append("reading the evidence again failed")
    elif "reread" in case:
        said.append(f"evidence read again {_day(case['reread'])}")
    return "; ".join(said) or "—"


def _came(count: int, source: str, first: str, last: str) -> str:
    return f"{count} others from {source}, {_day(first)} to {_day(last)}"


def _event(event: dict[str, Any]) -> str:
    (kind, when), *more = event.items()
    facts = dict(more)
    if kind in ("status", "decision", "hide"):
        return f"{_WORDS[kind]} {when}" + (f" since {_day(facts['on'])}" if "on" in facts else "")
    if kind == "owner":
        return f"owner {facts['from']} → {facts['to']} {_day(when)}"
    details = [text for name, value in facts.items() if (text := _fact(name, value))]
    return " ".join([_WORDS.get(kind, kind), _day(when), *([f"({', '.join(details)})"] if details else [])])


def _setting(value: object) -> str:
    """As the file has it, in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_setting(each)}' for name, each in value.items())}}}"
    return f"[{', '.join(map(_setting, value))}]" if isinstance(value, list) else str(value)


def _fact(name: str, value: object) -> str:
    match name, value:
        case "connected", bool():
            return "connected" if value else "not connected"
        case "automated" | "deleted", True:
            return name
        case "on", "another":
            return "now on another Lead"
        case "on", "merged":
            return "on a Lead merged into this one"
        case "logged", str():
            return f"logged {_day(value)}"
        case "seconds", _:
            return f"{value} s"
        case _:
            return f"{name.replace('_', ' ')} {'unknown' if value is None else value}"


def _day(text: str) -> str:
    """With the weekday, which people check first."""
    if text == "never":
        return text
    full = text if text[4:5] == "-" else f"2026-{text}"
    return f"{datetime.fromisoformat(full).replace(tzinfo=ZoneInfo('UTC')):%a} {text}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

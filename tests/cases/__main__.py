"""Write the list of cases anew: python -m tests.cases."""

from __future__ import annotations

from itertools import groupby

from tests.cases.case import HERE, Case, load_cases

_HEAD = """# Whole handoffs, by hand
Records of both CRMs, activities, history and the present time → what `2-handoff.md` and `3-sla.md` say of them; written from the
design, not from the engine. `handoffs/*.yaml` are the cases, `base.yaml` the records that they start from. Each runs through
`try handoff` (`tests/acceptance/test_handoff_cases.py`) and, where it can read the values, through the slow reference.
This page is made by `python -m tests.cases`; a test keeps it true. ○ = the engine does not answer so yet.
"""


def render() -> str:
    cases = load_cases()
    parts = [_HEAD, f"{len(cases)} cases.\n"]
    for room, some in groupby(cases, key=lambda case: case.room):
        parts.append(f"\n## {room}\n\n| case | rule | expected |\n|---|---|---|\n")
        parts += [f"| {_cell(_name(case))} | {_cell(case.rule)} | {_cell(_expected(case))} |\n" for case in some]
    return "".join(parts)


def _name(case: Case) -> str:
    return f"○ {case.name}" if case.open else case.name


def _expected(case: Case) -> str:
    expect = case.expect
    if expect.get("nothing"):
        return "no flags"
    parts = [expect["status"], expect["verdict"]]
    parts += [f"missing {', '.join(expect['missing'])}"] if expect["missing"] else []
    parts += [f"unmet {', '.join(expect['unmet'])}"] if expect["unmet"] else []
    parts += [f"next {expect['actor']}", f"IS {expect['is']}", f"FS {expect['fs']}"]
    parts += [f"missing at pass {expect['at_pass']}"] if "at_pass" in expect else []
    parts += [f"{name} {expect[name]}" for name in ("cycle", "definition") if name in expect]
    return "; ".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    (HERE / "README.md").write_text(render(), encoding="utf-8")

"""§11 of the page: exceptions that people asked for on the record and that an approver granted."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from tests.reference.linking import Handoff
from tests.reference.values import key
from tests.reference.view import View, local
from tests.reference.world import Node, instant

CRITERIA = {
    "authority": ("決裁権", "Authority"),
    "budget": ("予算", "Budget"),
    "timing": ("時期", "Timing"),
    "need": ("課題", "Need"),
    "score": ("スコア", "Score"),
}
_APPROVED = {"true", "はい", "承認", "承認済み", "yes", "approved"}


def waived(view: View, handoff: Handoff) -> set[tuple[str, str]]:
    """("item" or "criterion", id) of all that is waived today."""
    anchor = handoff.anchor
    said = {name: view.input(handoff, f"waiver_{name}") for name in ("items", "reason", "until", "approved")}
    if said["approved"][0] is None or key(said["approved"][1] or "") not in _APPROVED or not said["items"][1]:
        return set()
    until = said["until"][1]
    if until not in (None, "") and ((last := _day(until)) is None or view.today > last):
        return set()
    others = [api for name, (api, _) in said.items() if api and name != "approved"]
    if not _is_granted(view, anchor, said["approved"][0], others):
        return set()
    return {what for word in re.split(r"[;、,，／\n\r]", str(said["items"][1])) for what in _mean(view, key(word))}


def _is_granted(view: View, anchor: Node, approved: str, others: list[str]) -> bool:
    changes = view.changes_to(anchor, approved)
    if not changes:
        stated = view.edition.streams[anchor.stream].get("approval") == "permission"
        return stated and all(view.written(anchor, other) <= view.written(anchor, approved) for other in others)
    last = changes[-1]
    who = view.named(anchor.ref.split(":")[0], last.by)
    if not view.is_among(who, view.edition.definition.get("approvers") or {}) or view.is_machine(who):
        return False
    if key(last.new if last.new is not None else "") != key(anchor.values.get(approved) or ""):
        return False
    return all(change.at <= last.at for other in others for change in view.changes_to(anchor, other))


def _mean(view: View, word: str) -> set[tuple[str, str]]:
    found = set()
    for id_, spec in view.edition.handoff["items"].items():
        if word in {key(id_), key(spec["label"]["ja"]), key(spec["label"]["en"])}:
            found.add(("item", id_))
    for id_, labels in CRITERIA.items():
        if word in {key(id_), *map(key, labels)}:
            found.add(("criterion", id_))
    return found


def _day(value: Any) -> date | None:
    if "T" in str(value) and (at := instant(value)):
        return local(at)
    found = re.fullmatch(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?", key(value))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None

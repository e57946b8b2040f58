"""The notes of a whole company: from a record's own text one can tell what is missing, who acts and where to type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from sync.core.mapping.spec import MappingSpec, where_to_type
from sync.core.model.flags import Actor, CriterionState, Flags, FlagType, Status, fields_on
from sync.core.model.handoff import Case, Judgement
from sync.core.model.records import RecordRef
from sync.core.reconcile.version import judge_in_force
from sync.core.rules.catalogue import messages
from sync.core.rules.quote import quote
from sync.flow.case import load_batch, load_directories
from sync.store import handoffs
from sync.trial import Trial
from tests.acceptance.harness import cycle, opened, running_trial

SEED, HANDOFFS, STEPS = 31, 160, 6
FORBIDDEN = re.compile(r"違反|不備|エラー|怠|放置|violation|\berror\b|fault|fail", re.IGNORECASE)
AGES = re.compile(r"日前|時間前|分前|日間|経過|\b(days?|hours?) ago")
NOT_SHOWN = {"ja": "仮の内容", "en": "placeholder (not shown here)"}
PLACE = {"ja": "入力先", "en": "Where"}
EMPTY = {"ja": "未入力", "en": "empty"}


@dataclass(frozen=True, slots=True)
class Card:
    """One record that shows a handoff in scope."""

    language: str
    ref: RecordRef
    case: Case
    judgement: Judgement
    flags: Flags

    @property
    def lines(self) -> list[str]:
        return str(self.flags["note"]).split("\n")

    @property
    def waits(self) -> bool:
        """Somebody has to do something, or a verdict is not what one would wish for."""
        return self.judgement.next_actor is not Actor.NONE or self.flags["sql_verdict"] != "qualified"


@dataclass(frozen=True, slots=True)
class Company:
    cards: list[Card]
    mapping: MappingSpec
    colleagues: set[str]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    with running_trial(tmp_path_factory.mktemp("notes"), seed=SEED, handoffs=HANDOFFS) as trial, opened(trial) as app:
        cards: list[Card] = []
        for step in range(STEPS):
            now = cycle(app, sweep=step % 3 == 2).now
            for language in ("ja", "en") if step in (0, STEPS - 1) else ():
                context = replace(app.context, rules=replace(app.context.rules, language=language))
                with app.store.read() as tx:
                    directories = load_directories(context, tx)
                    cases = load_batch(tx, handoffs.read_ids(tx, "", 10 * HANDOFFS)).cases
                found = [(case, judge_in_force(case, context.editions, directories, now)) for case in cases.values()]
                cards += [Card(language, r, c, j, f) for c, j in found if j.in_scope for r, f in j.flags.items()]
            trial.let_people_act(trial.read_back(), timedelta(hours=2))
            trial.pass_time(trial.simulator.clock.now() + timedelta(hours=7))
        return Company(cards, app.context.mapping, _who_is_who(trial))


def _who_is_who(trial: Trial) -> set[str]:
    people = trial.world.colleagues.values()
    names = {f"{one.family}{between}{one.given}" for one in people for between in ("", " ", "\u3000")}
    return names | {one.email for one in people} | {one.user_id for one in people}


def test_the_company_shows_every_situation(company: Company) -> None:
    seen = Counter(card.judgement.status for card in company.cards)
    assert set(seen) == set(Status) - {Status.OUT_OF_SCOPE}
    assert {card.judgement.next_actor for card in company.cards} == set(Actor)
    assert sum(card.waits for card in company.cards) > 200


def test_each_missing_item_is_named_with_its_value_and_a_next_step(company: Company) -> None:
    for card in company.cards:
        for item in card.judgement.missing:
            spec, value = company.mapping.items[item], card.judgement.items[item]
            (line,) = [one for one in card.lines if one[1:].lstrip().startswith(spec.label.in_(card.language))]
            assert " → " in line, line
            quoted = quote(value.raw or "")
            said = (quoted and quoted in line) or EMPTY[card.language] in line or NOT_SHOWN[card.language] in line
            assert said, line


def test_each_open_criterion_has_a_line_with_a_next_step(company: Company) -> None:
    item_of = {"authority": "job_title", "budget": "budget_status", "timing": "timing", "need": "pain"}
    for card in company.cards:
        if card.judgement.status is Status.UNDETERMINED:
            continue
        for finding in card.judgement.criteria:
            item = item_of[finding.id]
            if finding.state is CriterionState.MET or item in card.judgement.missing:
                continue
            label = company.mapping.items[item].label.in_(card.language)
            assert [one for one in card.lines if label in one and " → " in one], (finding, card.lines)


def test_who_acts_is_named_wherever_somebody_has_to(company: Company) -> None:
    for card in company.cards:
        actor = card.judgement.next_actor
        if actor is not Actor.NONE:
            assert messages(card.language)[f"actor.{actor.value}"] in "\n".join(card.lines[:2]), card.lines


def test_where_to_type_is_the_last_line_wherever_there_is_something_to_type(company: Company) -> None:
    for card in company.cards:
        where = company.mapping.streams[card.ref.connection, card.ref.stream].where
        assert where is not None
        asks = card.judgement.missing or card.judgement.status is Status.RETURNED
        if asks or card.judgement.next_actor in (Actor.IS, Actor.FS):
            assert _last_lines(company, card) <= {*card.lines}, card.lines
            assert card.lines[-1].startswith(PLACE[card.language]), card.lines


def _last_lines(company: Company, card: Card) -> set[str]:
    """What somebody must read who wants to type the missing items, from the operator's own words for the places."""
    stream, language = (card.ref.connection, card.ref.stream), card.language
    places = {item: where_to_type(company.mapping, item, stream) for item in card.judgement.missing}
    own = company.mapping.streams[stream].where
    separator = "、" if language == "ja" else ", "
    by_place: dict[str, list[str]] = {}
    for item, place in places.items():
        if place is not None and place != own:
            by_place.setdefault(place.in_(language), []).append(company.mapping.items[item].label.in_(language))
    told = {
        f"入力先（{separator.join(labels)}）：{place}"
        if language == "ja"
        else f"Where ({separator.join(labels)}): {place}"
        for place, labels in by_place.items()
    }
    usual = own is not None and any(place == own for place in places.values())
    return told | (
        {f"{PLACE[language]}{'：' if language == 'ja' else ': '}{own.in_(language)}"} if usual and own else set()
    )


def test_no_text_accuses_names_a_colleague_or_counts_the_days(company: Company) -> None:
    for card in company.cards:
        for text in _texts(card):
            own = re.sub(r"「[^」]*」|\"[^\"]*\"", "", text) if text == card.flags["note"] else ""
            assert not FORBIDDEN.search(own), text
            assert not AGES.search(own), text
            assert not [name for name in company.colleagues if name in text], text


def test_no_topic_to_avoid_is_told(company: Company) -> None:
    told = 0
    for card in company.cards:
        topic = card.judgement.items["ng_topics"]
        if topic.state == "present" and topic.raw:
            told += 1
            assert not [text for text in _texts(card) if topic.raw in text]
    assert told > 20


def test_every_text_fits_its_field_and_the_rest_is_empty(company: Company) -> None:
    for card in company.cards:
        own = fields_on(card.case.records[card.ref].kind)
        assert {name for name, value in card.flags.items() if value is not None} <= {flag.name for flag in own}
        for flag in own:
            if flag.type in (FlagType.TEXT, FlagType.LONG_TEXT):
                assert len(str(card.flags[flag.name] or "")) <= flag.length


def test_a_deal_has_its_brief_from_the_end_of_the_grace_on(company: Company) -> None:
    deals = [card for card in company.cards if card.ref.stream == "Opportunity" and card.judgement.memory.frozen_at]
    known = [card for card in deals if card.case.membership.primary is not None]
    assert len(known) > 20
    for card in known:
        lines = str(card.flags["brief"]).split("\n")
        assert len(lines) == 9
        assert all("Salesforce" in line or "HubSpot" in line or _is_bare(line) for line in lines), lines


def _is_bare(line: str) -> bool:
    return line.endswith(
        ("未入力", "not filled in", "記録なし", "nothing on record", "（設定確認中）", "being checked)")
    )


def _texts(card: Card) -> Iterator[str]:
    yield from (str(card.flags[name]) for name in ("note", "brief") if card.flags[name])

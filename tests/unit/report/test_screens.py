"""Record pages with our flags: from the card alone one can tell what is missing, who acts and where to type."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from sync.core.model.flags import NO_FLAGS
from sync.core.model.records import RecordRef
from sync.report.screens import Screen, render_screens
from tests.unit.report.cards import CARDS, Card, draw, words


def page(screen: Screen, language: str) -> str:
    return render_screens([screen], screen.ref.connection, language, words())


def visible(text: str) -> str:
    """What can be read in the part of the page that is ours."""
    ours = "".join(re.findall(r'<section class="[^"]*baton">.*?</section>', text, re.DOTALL))
    plain = html.unescape(re.sub(r"<[^>]+>", " ", ours))
    return re.sub(r"[ \n]+", " ", plain)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("card", CARDS, ids=[card.name for card in CARDS])
def test_a_new_user_can_answer_the_three_questions(card: Card, language: str) -> None:
    text = visible(page(draw(card), language))
    missing, who, where = card.ja if language == "ja" else card.en
    for question, answers in (("what is missing", missing), ("who acts", who), ("where to type", where)):
        for answer in answers:
            assert answer in text, f"{question}: {text}"


def test_cards_of_different_situations_were_tried() -> None:
    assert len({card.name for card in CARDS}) == 17
    drawn = [draw(card) for card in CARDS]
    assert {screen.ref.stream for screen in drawn} == {"Lead", "Opportunity", "contacts"}
    assert {screen.flags["ja"]["next_actor"] for screen in drawn} == {"is", "fs", "revops", "none"}


def test_a_page_shows_the_fields_of_its_record_and_no_other() -> None:
    deal, contact = (next(s for card in CARDS if (s := draw(card)).kind == kind) for kind in ("opportunity", "contact"))
    assert "引き継ぎサマリー（自動）" in page(deal, "ja")
    assert "引き継ぎサマリー（自動）" not in page(contact, "ja")


def test_text_of_a_crm_is_escaped() -> None:
    hostile = "<script>alert(1)</script>"
    flags = {**NO_FLAGS, "note": hostile, "definition": hostile}
    screen = Screen(
        RecordRef("salesforce", "Lead", "L1"),
        "lead",
        hostile,
        [("company", hostile)],
        [("pain", hostile)],
        {"ja": flags},
    )
    for one, system in ((screen, "salesforce"), (replace(screen, kind="contact"), "hubspot")):
        text = render_screens([one], system, "ja", words())
        assert "<script" not in text
        assert text.count("&lt;script&gt;") == 5

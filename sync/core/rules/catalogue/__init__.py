"""What Baton says on a record, by message id, in both languages. Texts help; they never accuse and name nobody."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.rules.catalogue.en import MESSAGES as _EN
from sync.core.rules.catalogue.ja import MESSAGES as _JA

CATALOGUES: Mapping[str, Mapping[str, str]] = {"ja": _JA, "en": _EN}


def messages(language: str) -> Mapping[str, str]:
    """Texts of one language, Japanese unless English is asked for; `{…}` are filled by `str.format`."""
    return CATALOGUES.get(language, _JA)

"""What an administrator gets who deploys without us."""

from __future__ import annotations

from connectors.salesforce.component import LANGUAGES, RULE, UNASKED, Known, components
from connectors.salesforce.package import metadata_files, removal_files, source_files, translated_files, zip_files
from connectors.salesforce.settings import API_VERSION
from sync.outfit import Outfit


def export_files(outfit: Outfit, known: Known = UNASKED) -> dict[str, bytes]:
    """A source tree, and zips for any deployment tool: all of it, its translations, and what takes it out again."""
    parts = components(outfit, known)
    files = source_files(parts, API_VERSION)
    rules = [one for one in parts if one.type == RULE]
    files["package.zip"] = zip_files(metadata_files([one for one in parts if one.type != RULE], API_VERSION))
    if rules:
        files["rules.zip"] = zip_files(metadata_files(rules, API_VERSION))
    for language in LANGUAGES:
        files[f"translations-{language}.zip"] = zip_files(translated_files(parts, language, API_VERSION))
    removed = removal_files([(one.type, one.name) for one in parts], API_VERSION)
    files |= {f"removal/{name}": content for name, content in removed.items()}
    files["removal.zip"] = zip_files(removed)
    return files

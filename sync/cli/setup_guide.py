"""What goes along with an export: the guides, and the list of what is in it, as the export has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sync import resources
from sync.core.mapping.spec import Text
from sync.core.model.flags import FlagField, FlagType
from sync.outfit import Choice, InputType, Outfit

LANGUAGES = ("ja", "en")
_TYPES: Mapping[FlagType | InputType, Text] = {
    FlagType.CHOICE: Text("選択リスト", "choice"),
    FlagType.MULTI_CHOICE: Text("選択リスト（複数選択）", "several choices"),
    FlagType.NUMBER: Text("数値", "number"),
    FlagType.INSTANT: Text("日付/時間", "date and time"),
    FlagType.TEXT: Text("テキスト", "text"),
    FlagType.LONG_TEXT: Text("ロングテキスト", "long text"),
    InputType.DAY: Text("日付", "date"),
    InputType.YES_NO: Text("チェックボックス", "yes or no"),
}
_WORDS = {
    "title": Text("この出力に含まれるもの", "What is in this export"),
    "head": Text(
        "| 項目 | 種類 | 役割 | 選択肢 |\n|---|---|---|---|",
        "| field | type | what it is for | values |\n|---|---|---|---|",
    ),
    "ours": Text("Batonが書き込む項目", "Fields that Baton writes"),
    "inputs": Text("人が入力する項目（Batonは読むだけ）", "Fields that people fill in (Baton only reads them)"),
    "reads": Text("Batonが読む項目（書き込みません）", "Fields that Baton reads and never writes"),
    "views": Text("リストビュー", "List views"),
    "rules": Text("入力規則（パスの際に必須とする項目）", "Validation rules (needed for the pass)"),
}


def guide_files(outfits: Mapping[str, Outfit]) -> dict[str, bytes]:
    """By path: `guide/ja/…`, `guide/en/…`."""
    files: dict[str, bytes] = {}
    for language in LANGUAGES:
        for path in sorted((resources.room("docs") / language).glob("*.md")):
            files[f"guide/{language}/{path.name}"] = path.read_bytes()
        files[f"guide/{language}/contents.md"] = "\n".join(_contents(outfits, language)).encode() + b"\n"
    return files


def _contents(outfits: Mapping[str, Outfit], language: str) -> Iterator[str]:
    yield f"# {_WORDS['title'].in_(language)}"
    for connection, outfit in outfits.items():
        for record in outfit.records:
            yield f"\n## {connection}: {record.stream}"
            ours = [
                (
                    _cell(outfit.texts(flag)[0].in_(language)),
                    _TYPES[flag.type],
                    outfit.texts(flag)[1],
                    _choices(flag, outfit),
                )
                for flag in record.flags
            ]
            yield from _table("ours", ours, language)
            if record.inputs:
                told = [
                    (f"{_cell(i.label.in_(language))} `{i.name}`", _TYPES[i.type], i.help, i.choices)
                    for i in record.inputs
                ]
                yield from _table("inputs", told, language)
            yield from _list("views", [view.label.in_(language) for view in record.views], language)
            yield from _list("rules", [rule.label.in_(language) for rule in record.rules], language)
        yield f"\n## {connection}: {_WORDS['reads'].in_(language)}\n"
        for stream, names in outfit.reads.items():
            yield f"- {stream}: {', '.join(f'`{name}`' for name in names) or '—'}"


def _choices(flag: FlagField, outfit: Outfit) -> Sequence[Choice]:
    return outfit.choices.get(flag.name, ())


def _table(key: str, rows: Sequence[tuple[str, Text, Text, Sequence[Choice]]], language: str) -> Iterator[str]:
    yield f"\n### {_WORDS[key].in_(language)}\n"
    yield _WORDS["head"].in_(language)
    for label, kind, help_, choices in rows:
        values = "、".join(_cell(one.label.in_(language)) for one in choices)
        yield f"| {label} | {kind.in_(language)} | {_cell(help_.in_(language))} | {values} |"


def _list(key: str, names: Sequence[str], language: str) -> Iterator[str]:
    if names:
        yield f"\n### {_WORDS[key].in_(language)}\n"
        yield from (f"- {name}" for name in names)


def _cell(text: str) -> str:
    """Nothing in a label may end the cell, or be taken for markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")

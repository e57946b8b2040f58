"""What `ops db` tells. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

TEXTS: Texts = {
    "place": ("保存先：{url}", "Store: {url}"),
    "size": ("大きさ：{megabytes} MB", "Size: {megabytes} MB"),
    "empty": (
        "まだ空です。初めて使うときに作成されます（スキーマ {head}）",
        "It is empty; the first use creates its tables (schema {head})",
    ),
    "current": ("スキーマ {head}：このバージョンで使えます", "Schema {head}: as this version needs it"),
    "older": (
        "スキーマ {present}：このバージョンは {head} を使います。デーモンを止めてバックアップを取り、baton ops db upgrade を実行してください",
        "Schema {present}, and this version works with {head}: stop the daemon, make a backup, then run `baton ops db upgrade`",
    ),
    "newer": (
        "スキーマ {present} は、このバージョン（{head}）より新しいものです。新しい Baton を入れてください",
        "Schema {present} is newer than this version's ({head}): install a newer Baton",
    ),
    "upgraded": ("スキーマを {before} から {head} に更新しました", "Schema upgraded from {before} to {head}"),
    "kept": ("更新前の内容：{path}", "As it was before: {path}"),
    "copied": (
        "{path} に保存しました（{megabytes} MB）。個人データを含みます。CRM のエクスポートと同じように扱ってください",
        "Copied to {path} ({megabytes} MB). It holds data of people: treat it like a CRM export",
    ),
}

"""What the demo tells while it runs, in the language of the terminal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from sync.cli.show import console, printable

_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "world": "A made-up company with about {handoffs} handoffs moves into a simulated Salesforce and a simulated HubSpot …",
        "observed": "Observe mode: {records} records read, {in_scope} handoffs judged, nothing written.",
        "found": "  {passed} passes, {complete} of them complete; {breached} first contacts overdue.",
        "would_write": "  would write {n} records in {connection}",
        "written": "Write mode: {records} records now carry flags. Reps see them and start to act; time passes …",
        "cleared": "  {at}  {ref}: flag cleared ({items})",
        "corrected": "  {at}  {ref}: overdue corrected to done, the call was logged late",
        "returned": "  {at}  {ref}: returned by field sales, next actor is inside sales",
        "more": "  {at}  … and {n} more",
        "ended": "{cleared} flags cleared, {corrected} corrected.",
        "checked": "Checked: {flags} flags on {records} records, read back through both APIs: {differences} differ from the truth.",
        "difference": "  {line}",
        "cost": "API calls {connection}: {calls}, the least possible is {least}.",
        "writes": "Writes per handoff: {median:g} (median, its records in both CRMs together), {records} in all.",
        "page": "Two minutes of reading: {path}",
    },
    "ja": {
        "world": "架空の会社（引き継ぎ 約{handoffs}件）を、シミュレーターの Salesforce と HubSpot に用意しています …",
        "observed": "観察モード：{records}件のレコードを読み、対象の引き継ぎ{in_scope}件を判定しました。書き込みはありません。",
        "found": "  パス {passed}件のうち、そろっているもの {complete}件。初回接触の期限超過 {breached}件。",
        "would_write": "  {connection}：書き込むとすれば {n}件",
        "written": "書き込みモード：{records}件のレコードにフラグを表示しました。担当者がフラグを見て対応していきます …",
        "cleared": "  {at}  {ref}：フラグを解除（{items}）",
        "corrected": "  {at}  {ref}：後から記録された電話により「期限超過」を「対応済み」に訂正",
        "returned": "  {at}  {ref}：FS が差し戻し。次の対応者は IS",
        "more": "  {at}  … ほか {n}件のレコード",
        "ended": "解除されたフラグ {cleared}個、訂正 {corrected}件。",
        "checked": "答え合わせ：{records}件のレコードのフラグ{flags}個を両方の API で読み直し、正解データと照合しました。相違 {differences}件。",
        "difference": "  {line}",
        "cost": "API コール {connection}：{calls}（最低限必要な数 {least}）",
        "writes": "引き継ぎ1件あたりの書き込み：中央値 {median:g}回（両方の CRM の合計、のべ {records}回）",
        "page": "2分で読めるまとめ：{path}",
    },
}


@dataclass(slots=True)
class Narrator:
    """Prints one line per event; quiet when the answer goes to a machine."""

    language: str
    quiet: bool
    screen: Console

    @classmethod
    def for_terminal(cls, language: str | None, *, quiet: bool) -> Narrator:
        """`language` ja or en; without it that of the terminal's locale."""
        locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        chosen = language if language in _TEXTS else "ja" if locale.startswith("ja") else "en"
        return cls(chosen, quiet, console())

    def __call__(self, event: str, **values: Any) -> None:
        if not self.quiet:
            safe = {
                name: value if isinstance(value, int | float) else printable(value) for name, value in values.items()
            }
            self.screen.print(_TEXTS[self.language][event].format(**safe))

"""What `status` tells of the daemon itself. (Japanese, English)."""

from __future__ import annotations

from sync.wording import Texts

TEXTS: Texts = {
    "told": ("通知済み {at}：{text}", "Told {at}: {text}"),
    "untold": ("{at} から：{text}", "Since {at}: {text}"),
    "webhook_failing": (
        "通知を送れていません（{since} から、{failure}）。alerts.webhook の宛先を確かめてください",
        "Alerts cannot be sent (since {since}: {failure}): look at the address behind alerts.webhook",
    ),
    "refused": (
        "変更前の設定のまま動いています。現在の設定ファイルの問題：{problem}",
        "It goes on with the settings before; in the files as they are now: {problem}",
    ),
    "exposed": (
        "{path} は他のユーザーからも読めます（{mode}）。chmod 600 を実行してください",
        "{path} holds a secret and can be read by others (mode {mode}): chmod 600 it",
    ),
}

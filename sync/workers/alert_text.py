"""What an alert says, in the company's language. No record, no person and no value of anybody's is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.store.notices import Notice
from sync.wording import Texts, speak
from sync.workers.alert import News

_TEXTS: Texts = {
    "title": (
        "Baton（{environment}）からのお知らせ",
        "Baton ({environment})",
    ),
    "stopped": (
        "{subject}：認証が通らないため、接続を止めています。認証情報を直し、systemctl reload baton（または kill -HUP）で読み直してください。",
        "{subject}: stopped, because its credentials were refused. Put them right, then `systemctl reload baton` (or kill -HUP).",
    ),
    "stopped.over": (
        "{subject}：接続が再開しました。",
        "{subject}: works again.",
    ),
    "held": (
        "{subject}：通常より大幅に多い {entries} 件の書き込みを保留しています。baton approve で内容を確かめてください。",
        "{subject}: {entries} writes are held, far more than usual. Look at them with `baton approve`.",
    ),
    "held.over": (
        "{subject}：保留中の書き込みはなくなりました。",
        "{subject}: nothing is held any more.",
    ),
    "behind": (
        "{subject}：読み取りが {minutes} 分遅れています（対象 {streams} 種類）。原因は baton status で確かめてください。",
        "{subject}: reading is behind by {minutes} minutes ({streams} streams). `baton status` says why.",
    ),
    "behind.never": (
        "{subject}：まだ一度も読み取れていません（対象 {streams} 種類）。原因は baton status で確かめてください。",
        "{subject}: {streams} streams have never been read. `baton status` says why.",
    ),
    "behind.over": (
        "{subject}：読み取りの遅れは解消しました。",
        "{subject}: reading has caught up.",
    ),
    "thin": (
        "{subject}：活動の記録が少ない {teams} チームについて、期限超過の判定を止めています。対象は baton status で確かめてください。",
        "{subject}: not enforced for {teams} teams, because too few contacts are on record. `baton status` names them.",
    ),
    "thin.over": (
        "{subject}：活動の記録が戻り、判定を再開しました。",
        "{subject}: contacts are on record again; the clock is enforced.",
    ),
    "crashed": (
        "直近 1 時間に {times} 回、予期せず終了しました。ログを確かめてください。",
        "ended unexpectedly {times} times within an hour. Look at the log.",
    ),
    "crashed.over": (
        "この 1 時間は、予期せぬ終了は起きていません。",
        "has not ended unexpectedly for an hour.",
    ),
    "reload": (
        "設定ファイルに {problems} 件の問題があるため、変更前の設定のまま動いています。内容はログと baton status で確かめてください。",
        "{problems} problems in the settings: it goes on with those before. The log and `baton status` name them.",
    ),
    "reload.over": (
        "現在の設定ファイルで動いています。",
        "runs with the present settings.",
    ),
}  # fmt: skip


def compose(news: Sequence[News], language: str, environment: str) -> dict[str, Any]:
    """The message: `text` for people (Slack reads it), the rest for machines."""
    lines = [tell(one.notice, language, over=one.over) for one in news]
    title = speak(_TEXTS, language)("title", environment=environment)
    return {
        "text": "\n".join([title, *(f"• {line}" for line in lines)]),
        "source": "baton",
        "environment": environment,
        "alerts": [
            {
                "id": one.notice.key,
                "kind": one.notice.kind,
                "subject": one.notice.subject,
                "state": "over" if one.over else "open",
                "since": one.notice.since,
                "facts": one.notice.facts,
            }
            for one in news
        ],
    }


def tell(notice: Notice, language: str, *, over: bool = False) -> str:
    """One line about it."""
    name = f"{notice.kind}.over" if over else str(notice.kind)
    if name == "behind" and "minutes" not in notice.facts:
        name = "behind.never"
    return speak(_TEXTS, language)(name, subject=notice.subject, **notice.facts)

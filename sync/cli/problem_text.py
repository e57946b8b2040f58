"""What the settings' checks say, in Japanese: their messages are English, because logs and other programs read them too.

One line per message; what is not listed here stays as it is.
"""

from __future__ import annotations

import re

_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), told)
    for pattern, told in (
        (r"the environment variable (\w+) is not set", r"環境変数 \1 が設定されていません"),
        (r"write (\w+)=… into (.+), or export \1=…", r"\2 に「\1=…」と書くか、環境変数 \1 を設定してください"),
        (r"the secret file (.+) cannot be read", r"認証情報のファイル \1 を読めません"),
        (r"the secret file (.+) is empty", r"認証情報のファイル \1 が空です"),
        (r"put the secret into it", "値をファイルに書いてください"),
        (r"check the path", "パスを確かめてください"),
        (r"(.+): unknown setting", r"\1：この設定名はありません"),
        (r"(\S+) is missing", r"\1 がありません"),
        (r"add `(.+):`", r"「\1:」を書き加えてください"),
        (r"did you mean (.+)\?", r"\1 の誤りではありませんか"),
        (r"known: (.+)", r"使える値：\1"),
        (r"(.+): a secret is written in clear \(not shown\)", r"\1：認証情報がそのまま書かれています（値は表示しません）"),
        (
            r"write env:NAME or file:PATH and change the secret: it may be in the history of this file",
            "env:NAME か file:PATH の形で書いてください。このファイルの履歴に残っている場合に備え、認証情報も変更してください",
        ),
        (r"(.+: (?:.+ — )?)Input should be a valid (?:integer|number).*", r"\1数値を書いてください"),
        (r"(.+: (?:.+ — )?)Input should be a valid string.*", r"\1文字列を書いてください"),
        (r"(.+: (?:.+ — )?)Input should be a valid boolean.*", r"\1true か false を書いてください"),
        (r"(.+: (?:.+ — )?)Input should be a valid (?:list|tuple).*", r"\1一覧（[…]）で書いてください"),
        (r"(.+: (?:.+ — )?)Input should be greater than or equal to (\S+)", r"\1\2以上で書いてください"),
        (r"(.+: (?:.+ — )?)Input should be less than or equal to (\S+)", r"\1\2以下で書いてください"),
        (r"(.+: (?:.+ — )?)Input should be (.+ or .+)", r"\1\2 のいずれかを書いてください"),
        (r"(.+): (.+) is not a span of time", r"\1：\2 は期間として読めません"),
        (r"write e\.g\. (.+)", r"次のように書いてください：\1"),
        (r"write (.+ or .+)", r"\1 のいずれかを書いてください"),
    )
)  # fmt: skip


def in_language(text: str, language: str) -> str:
    """The message or hint of a problem as the operator reads it."""
    if language != "ja":
        return text
    return next((found.expand(told) for pattern, told in _SAID if (found := pattern.fullmatch(text))), text)

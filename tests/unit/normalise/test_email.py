from __future__ import annotations

import pytest

from sync.core.mapping.normalise import email_key, email_markers, is_shared_address


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("taro.yamada@example.co.jp", "taro.yamada@example.co.jp"),
        ("Taro@Example.COM", "Taro@example.com"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "taro@example.com"),
        (" taro@example.com \n", "taro@example.com"),
        ("山田 太郎 <taro@example.com>", "taro@example.com"),
        ("<taro@example.com>", "taro@example.com"),
        ("mailto:taro@example.com", "taro@example.com"),
        ("メール：taro@example.com", "taro@example.com"),
        ("taro@example.com;jiro@example.com", "taro@example.com"),
        ("taro@example.com、jiro@example.com", "taro@example.com"),
        ("taro+crm@example.com", "taro+crm@example.com"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("taro@sub.example.tokyo", "taro@sub.example.tokyo"),
        ("taro@xn--wgv71a119e.jp", "taro@日本語.jp"),
        ("taro@example.test", "taro@example.test"),
        ("a@b.jp", "a@b.jp"),
    ],
)
def test_addresses(ask, raw, value) -> None:
    assert (ask("email", raw).state, ask("email", raw).value) == ("present", value)


@pytest.mark.parametrize(
    "raw",
    [
        *("taro", "taro@", "@example.com", "taro@example", "taro@@example.com", "taro@example..com", ".taro@example.com"),
        *("taro.@docomo.ne.jp", "ta..ro@docomo.ne.jp", "taro@example,com", "taro @example.com", "taro@-example.com"),
        *("山田@example.com", "taro@example.com.", "x" * 65 + "@example.com", "taro@localhost", "taro@foo.invalid"),
        *("taro@[192.0.2.1]", '"taro yamada"@example.com', "taro@" + "a" * 64 + ".com", "https://example.com/"),
    ],
)  # fmt: skip
def test_what_is_no_address(ask, raw) -> None:
    answer = ask("email", raw)
    assert answer.state == "invalid"
    assert answer.reason


@pytest.mark.parametrize("raw", ["なし", "不明", "-", "メールなし", "xxx"])
def test_placeholders(ask, raw) -> None:
    assert ask("email", raw).state == "placeholder"


@pytest.mark.parametrize(
    "address",
    [
        *("info@a.jp", "INFO@a.jp", "info2@a.jp", "sales@a.jp", "sales-tokyo@a.jp", "tokyo.sales@a.jp", "noreply@a.jp"),
        *("no-reply@a.jp", "donotreply@a.jp", "support@a.jp", "contact@a.jp", "eigyo@a.jp", "soumu@a.jp", "info+x@a.jp"),
        *("mailer-daemon@a.jp", "otoiawase@a.jp", "hr@a.jp", "all@a.jp"),
    ],
)  # fmt: skip
def test_shared_addresses(address) -> None:
    assert is_shared_address(address)


@pytest.mark.parametrize(
    "address", ["taro@a.jp", "salesman@a.jp", "informatics.taro@a.jp", "m.hr@a.jp", "hello.kitty@a.jp", "taro@info.jp"]
)
def test_personal_addresses(address) -> None:
    assert not is_shared_address(address)


def test_markers() -> None:
    assert email_markers("test01@a.jp") == {"test"}
    assert email_markers("taro@example.com") == {"test"}
    assert email_markers("taro@mailinator.com") == {"disposable"}
    assert email_markers("taro@a.jp") == frozenset()


def test_case_does_not_tell_addresses_apart() -> None:
    assert email_key("Taro@a.jp") == email_key("taro@a.jp")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("taro＠example.co.jp", "taro@example.co.jp"),
        ("taro@example．co．jp", "taro@example.co.jp"),
        ("taro@example.co.jp（社用）", "taro@example.co.jp"),
        ("taro@example.co.jp (個人)", "taro@example.co.jp"),
        ("taro@example.co.jp宛", "taro@example.co.jp"),
        ("taro@example.co.jp。", "taro@example.co.jp"),
        ("taro@example.co.jp、", "taro@example.co.jp"),
        ("taro@example.co.jp,", "taro@example.co.jp"),
        ("「taro@example.co.jp」", "taro@example.co.jp"),
        ("(taro@example.co.jp)", "taro@example.co.jp"),
        ("'taro@example.co.jp'", "taro@example.co.jp"),
        ("個人: taro@gmail.com", "taro@gmail.com"),
        ("Ｅメール：taro@example.co.jp", "taro@example.co.jp"),
        ("E-mail：taro@example.co.jp", "taro@example.co.jp"),
        ("メール taro@example.co.jp", "taro@example.co.jp"),
        ("山田 taro@example.co.jp", "taro@example.co.jp"),
        ('"山田 太郎" <taro@example.co.jp>', "taro@example.co.jp"),
        ("taro@example.co.jp / hanako@example.co.jp", "taro@example.co.jp"),
        ("taro@example.co.jp　hanako@example.co.jp", "taro@example.co.jp"),
        ("taro/yamada@docomo.ne.jp", "taro/yamada@docomo.ne.jp"),
        ("-ab@softbank.ne.jp", "-ab@softbank.ne.jp"),
        ("TARO@EXAMPLE.CO.JP", "TARO@example.co.jp"),
        ("taro@例え.jp", "taro@例え.jp"),
        ("test01@kaisha.co.jp", "test01@kaisha.co.jp"),
        ("test@example.com", "test@example.com"),
        ("unknown@kaisha.co.jp", "unknown@kaisha.co.jp"),
    ],
)
def test_addresses_with_what_people_write_beside_them(ask, raw, value) -> None:
    assert (ask("email", raw).state, ask("email", raw).value) == ("present", value)


@pytest.mark.parametrize(
    "raw",
    [
        *("taro@gmail.con", "taro@example.cojp", "taro@gmail,com", "taro@example.co..jp", "taro@examplecojp"),
        *("taro[at]example.co.jp", "taro★example.co.jp", "taro@ example.co.jp", "taro yamada@example.com", "なし@example.com"),
        *("a..b@docomo.ne.jp", "taro@example.co.jp?subject=a", "090-1234-5678", "連絡先はtaro@example.com", "taro@192.168.0.1"),
    ],
)  # fmt: skip
def test_addresses_that_would_bounce(ask, raw) -> None:
    assert ask("email", raw).state == "invalid"


@pytest.mark.parametrize(
    "raw",
    [
        "test@test.com",
        "xxx@xxx.com",
        "aaa@bbb.jp",
        "dummy@dummy.com",
        "unknown@unknown.com",
        "nomail@nomail.jp",
        "メールアドレスなし",
    ],
)
def test_made_up_addresses(ask, raw) -> None:
    assert ask("email", raw).state == "placeholder"

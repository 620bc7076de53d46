"""Mail about a reused refresh token: to whom, once, and what is never in it."""

import re
from collections.abc import Callable, Iterator

import django
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import override_settings

from jwtauth.models import RevocationReason, TokenFamily
from tests.jwtauth.caller import Caller

USER, ADMIN = "alice@example.com", "admin@example.com"


class FailingBackend(BaseEmailBackend):
    """A mail server that is down, for users."""

    tried: list[str] = []  # noqa: RUF012 # emptied by the fixture

    def send_messages(self, messages: list[EmailMessage]) -> int:
        self.tried += [address for message in messages for address in message.to]
        raise OSError("connection refused")


@pytest.fixture(autouse=True)
def _mails(alice: User, jwtauth_settings: Callable[..., None]) -> Iterator[None]:
    User.objects.update(email=USER)
    jwtauth_settings(MAIL_ON_REUSE=True)
    FailingBackend.tried.clear()
    # Django 6.0 takes addresses alone, and 5.2 pairs alone.
    admins = [ADMIN] if django.VERSION >= (6, 0) else [("Admin", ADMIN)]
    with override_settings(ADMINS=admins):
        yield


def mailing_by(backend: str) -> dict[str, object]:
    """The setting that chooses how mail is sent, which Django 6.1 has renamed."""
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend}}}
    return {"EMAIL_BACKEND": backend}


def reuse(alice: User, owner: Caller, thief: Caller) -> list[str]:
    """Present a token of two generations ago; return every token there was."""
    first = owner.login(alice)
    second = owner.refreshed(first["refresh"])
    third = owner.refreshed(second["refresh"])
    response = thief.refresh(first["refresh"])
    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"
    bodies = (first, second, third)
    return [body[name] for body in bodies for name in ("access", "refresh")]


def sent() -> dict[str, EmailMessage]:
    return {message.to[0]: message for message in mail.outbox}


@pytest.mark.requirement("LST-06")
class TestReuseMail:
    def test_mail_goes_to_the_user_and_to_the_admins(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """One can say whether it was a theft, the others whether it is a wave."""
        reuse(alice, caller, thief)

        assert set(sent()) == {USER, ADMIN}
        for message in mail.outbox:
            assert "127.0.0.1" in message.body
        assert "Hello alice" in sent()[USER].body
        assert "Device: Thief/6[.]6\n" in sent()[ADMIN].body
        assert TokenFamily.objects.get().sid in sent()[ADMIN].body

    def test_mail_is_sent_once_however_often_the_token_comes(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """A thief must not be able to flood anybody."""
        tokens = reuse(alice, caller, thief)

        for _ in range(3):
            thief.refresh(tokens[1])

        assert len(mail.outbox) == 2

    def test_mail_holds_no_token(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """Mail is read by more than its reader."""
        tokens = reuse(alice, caller, thief)

        text = "".join(str(message.message()) for message in mail.outbox)
        assert not any(token in text for token in tokens)

    def test_mail_device_of_several_lines_stays_on_its_line(
        self, alice: User, caller: Caller
    ) -> None:
        """What a client says of itself must not write another line, or a header."""
        thief = Caller("Evil\r\nBcc: x@example.com\n\nPay here: <b>&")

        reuse(alice, caller, thief)

        for body in (message.body for message in mail.outbox):
            assert len(re.findall("^Device: .+$", body, re.MULTILINE)) == 1
            assert not re.search("^(Bcc|Pay)", body, re.MULTILINE)
        assert "Device: Evil  Bcc: x@example[.]com  Pay" in sent()[ADMIN].body
        assert [message.message()["Bcc"] for message in mail.outbox] == [None, None]

    @pytest.mark.parametrize(
        ("user_agent", "told"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Firefox on Linux"),
            ("curl/8.5", "curl"),
            ("Your account is in danger, call 0800", "Your"),
            ("evil.example/secure-your-account", "Unknown device"),
            ("https://evil.example", "https"),
            ("Firefox/1 Linux https://evil.example", "Firefox on Linux"),
            ("", "Unknown device"),
        ],
    )
    def test_mail_to_the_user_names_the_device_and_says_nothing_for_the_thief(
        self, alice: User, caller: Caller, user_agent: str, told: str
    ) -> None:
        """A mail in our name with a thief's link in it would do the thief's work."""
        reuse(alice, caller, Caller(user_agent))

        assert f"Device: {told}\n" in sent()[USER].body
        for message in mail.outbox:
            assert "evil.example" not in message.body
            assert "https://" not in message.body

    def test_mail_without_an_address_goes_to_the_admins_alone(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """Not every user has one."""
        User.objects.update(email="")

        reuse(alice, caller, thief)

        assert set(sent()) == {ADMIN}

    def test_mail_server_down_changes_no_answer_and_keeps_no_mail_from_being_tried(
        self,
        alice: User,
        caller: Caller,
        thief: Caller,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The revocation is what counts."""
        with override_settings(**mailing_by(f"{__name__}.FailingBackend")):
            reuse(alice, caller, thief)

        assert TokenFamily.objects.get().revoked_reason == RevocationReason.REUSE
        assert FailingBackend.tried == [USER, ADMIN]
        assert caplog.messages.count("mail about reuse not sent") == 2

    def test_mail_is_not_sent_unless_asked_for(
        self,
        alice: User,
        caller: Caller,
        thief: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """The default."""
        jwtauth_settings(MAIL_ON_REUSE=False)

        reuse(alice, caller, thief)

        assert mail.outbox == []

"""What must come out of each attack, whatever else changes."""

import pkgutil
from collections.abc import Callable, Mapping, Sequence

import pytest
from django.contrib.auth.models import User

from demo_project import attacks
from demo_project.attacks import (
    cross_site_form,
    injected_script,
    stolen_refresh_token,
    stolen_refresh_token_early,
    stolen_session_id,
)
from demo_project.attacks.stage import Stage, Step
from demo_project.devices import Device, JwtCookieDevice, JwtDevice, SessionDevice
from demo_project.http_caller import Caller
from demo_project.models import Note
from tests.demo_project.client_caller import ClientCaller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("olivia", password="a-password-of-hers")


DEVICES: Mapping[str, tuple[Callable[[Caller, str], Device], str]] = {
    "bearer tokens": (JwtDevice, "/jwt"),
    "tokens in cookies": (JwtCookieDevice, "/jwt"),
    "session": (SessionDevice, "/session"),
}
TOKENS = ["bearer tokens", "tokens in cookies"]
COOKIES = ["tokens in cookies", "session"]


def _stage(owner: User, kept_as: str) -> Stage:
    device, prefix = DEVICES[kept_as]
    return Stage(
        username=owner.username,
        password="a-password-of-hers",
        open_device=ClientCaller,
        device=lambda caller: device(caller, prefix),
        prefix=prefix,
    )


def _in_words(steps: Sequence[Step]) -> list[str]:
    return [str(step) for step in steps]


@pytest.mark.parametrize("kept_as", TOKENS)
def test_stolen_refresh_token_used_late_ends_the_login(
    owner: User, kept_as: str
) -> None:
    """Two rotations behind nobody is honest: refuse, and end what was handed out."""
    steps = stolen_refresh_token.play(_stage(owner, kept_as))

    assert _in_words(steps) == [
        "thief: refresh 401",
        "owner: refresh 401",
        "owner: call 401",
        "thief: call 401",
    ]


@pytest.mark.parametrize("kept_as", TOKENS)
def test_stolen_refresh_token_used_early_ends_with_the_owners_next_refresh(
    owner: User, kept_as: str
) -> None:
    """A thief who looks like a lost answer is let in, but not past the owner."""
    steps = stolen_refresh_token_early.play(_stage(owner, kept_as))

    assert _in_words(steps) == [
        "thief: refresh 200",
        "thief: call 200",
        "owner: refresh 401",
        "thief: refresh 401",
        "thief: call 401",
        "owner: call 401",
    ]


def test_stolen_session_id_works_until_the_owner_logs_out(owner: User) -> None:
    """Nothing tells a copied cookie from the original; the end is for both."""
    steps = stolen_session_id.play(_stage(owner, "session"))

    assert _in_words(steps) == [
        "thief: call 200",
        "owner: call 200",
        "owner: log out 204",
        "thief: call 401",
    ]


@pytest.mark.parametrize("kept_as", COOKIES)
def test_script_can_not_take_away_what_is_in_a_cookie(
    owner: User, kept_as: str
) -> None:
    """In the page it is the user; when the page is closed it must be nobody."""
    steps = injected_script.play(_stage(owner, kept_as))

    # 400: it has nothing to send.
    refresh = [] if kept_as == "session" else ["script: refresh from elsewhere 400"]
    assert _in_words(steps) == [
        "script: write in the page 201",
        "script: call from elsewhere 401",
        *refresh,
        "owner: log out 204",
        "script: call from elsewhere 401",
    ]


def test_script_takes_bearer_tokens_away_until_the_owner_logs_out(owner: User) -> None:
    """What the page's own script holds, any script does: the price of the header."""
    steps = injected_script.play(_stage(owner, "bearer tokens"))

    assert _in_words(steps) == [
        "script: write in the page 201",
        "script: call from elsewhere 200",
        "script: refresh from elsewhere 200",
        "owner: log out 204",
        "script: call from elsewhere 401",
    ]


@pytest.mark.parametrize("kept_as", COOKIES)
def test_form_of_another_site_is_refused_with_the_cookies_too(
    owner: User, kept_as: str
) -> None:
    """SameSite is the browser's promise; the CSRF token is ours."""
    steps = cross_site_form.play(_stage(owner, kept_as))

    assert _in_words(steps) == [
        "form: write 403",
        "form: log out 403",
        "form: write from an old browser 403",
        "form: log out from an old browser 403",
        "owner: call 200",
    ]
    assert not Note.objects.exists()


def test_form_of_another_site_is_nobody_where_tokens_are_in_a_header(
    owner: User,
) -> None:
    """No form can set a header; without it the server knows nobody."""
    steps = cross_site_form.play(_stage(owner, "bearer tokens"))

    assert _in_words(steps) == [
        "form: write 401",
        "form: log out 401",
        "form: write from an old browser 401",
        "form: log out from an old browser 401",
        "owner: call 200",
    ]
    assert not Note.objects.exists()


def test_every_attack_has_a_test() -> None:
    """A new file in attacks/ must say here what comes out of it."""
    names = {module.name for module in pkgutil.iter_modules(attacks.__path__)}

    assert names - {"stage"} == {
        "cross_site_form",
        "injected_script",
        "stolen_refresh_token",
        "stolen_refresh_token_early",
        "stolen_session_id",
    }

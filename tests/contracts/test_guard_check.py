"""Both apps warn in the same words where nothing guards the login."""

import copy

import pytest
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from tests.guard.settings_block import SILENCING, guard
from tests.settings import JWTAUTH

IDS = ("jwtauth.W009", "sessionauth.W012")
DJANGOS = "django.contrib.auth.backends.ModelBackend"
AXES = "axes.backends.AxesStandaloneBackend"


def warnings(*, deploy: bool = True) -> list[CheckMessage]:
    """Return what the two checks say."""
    found = run_checks(include_deployment_checks=deploy)
    return sorted((m for m in found if m.id in IDS), key=lambda m: str(m.id))


@pytest.mark.requirement("LGN-01", "LGN-07")
class TestGuardCheck:
    def test_guard_of_the_how_to_is_found(self) -> None:
        """Who followed the page must not be warned."""
        with override_settings(**guard()):
            assert warnings() == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes"]},
            {"AXES_ENABLED": False},
            {"AUTHENTICATION_BACKENDS": [DJANGOS]},
            {"AUTHENTICATION_BACKENDS": [DJANGOS, AXES]},
            {"AUTHENTICATION_BACKENDS": ["no.such.Backend", AXES]},
            {"AUTHENTICATION_BACKENDS": []},
        ],
        ids=["absent", "off", "no-backend", "too-late", "unknown", "none"],
    )
    def test_login_without_a_guard_is_told_by_both_apps(
        self, changes: dict[str, object]
    ) -> None:
        """A guard that is asked after a password was found right guards nothing."""
        with override_settings(**guard() | changes):
            found = {check.id for check in both_checks()}

        assert found == set(IDS)

    def test_words_are_the_same(self) -> None:
        """One fault, one cure: who has both apps reads it twice."""
        jwt, session = copy.deepcopy(warnings())

        assert (jwt.msg, jwt.hint) == (session.msg, session.hint)

    def test_only_deployments_are_asked(self) -> None:
        """Nobody guesses on a developer's machine."""
        assert warnings(deploy=False) == []

    def test_service_that_only_verifies_needs_none(self) -> None:
        """It logs nobody in."""
        address = {"KEYS": "https://127.0.0.1:1/jwks.json", "USER": "lazy"}
        with override_settings(JWTAUTH=JWTAUTH | address):
            assert [m.id for m in warnings()] == ["sessionauth.W012"]

    def test_how_to_silences_both(self) -> None:
        """Where the guard is elsewhere, the page's line must be enough."""
        names: dict[str, object] = {}
        exec(SILENCING, names)  # noqa: S102 # our own page

        assert names["SILENCED_SYSTEM_CHECKS"] == list(IDS)


def both_checks() -> list[CheckMessage]:
    """Return what the two functions say; without their apps no other check runs."""
    from jwtauth.checks.guard import check_guard as jwts  # noqa: PLC0415
    from sessionauth.checks.guard import check_guard as sessions  # noqa: PLC0415

    return [*jwts(), *sessions()]

"""Where one is logged in: seen, ended and asked for the password, in a browser."""

import re
import time
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import NewVisitor
from tests.e2e.overrides import Overrides
from tests.e2e.people import PASSWORD
from tests.e2e.visitor import CONFIRM, LOG_IN, LOGGED_IN_HERE, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]

OLD_AFTER_SECONDS = 6.0
IDLE_SECONDS = 8.0


class TestOtherDevices:
    def test_one_that_is_ended_falls_out_on_its_next_click(
        self, new_visitor: NewVisitor
    ) -> None:
        """A lost phone must be out at once, not when its token runs out."""
        laptop, phone = new_visitor(), new_visitor()
        laptop.log_in()
        phone.log_in()
        laptop.page.reload()
        assert _devices(laptop) == 2

        laptop.click(laptop.main.get_by_role("button", name=re.compile("^End (?!all)")))

        laptop.see(LOGGED_IN_HERE)
        assert _devices(laptop) == 1
        phone.page.reload()
        phone.see(LOG_IN)
        assert laptop.is_logged_in()

    def test_all_others_end_at_once(self, new_visitor: NewVisitor) -> None:
        """Who fears for the account must not have to know which login is whose."""
        laptop, phone, tablet = new_visitor(), new_visitor(), new_visitor()
        for device in (phone, tablet, laptop):
            device.log_in()

        laptop.press("End all others")

        laptop.see(LOGGED_IN_HERE)
        assert _devices(laptop) == 1
        assert not phone.is_logged_in()
        assert not tablet.is_logged_in()
        assert laptop.is_logged_in()


class TestStepUp:
    def test_old_login_confirms_and_comes_back(
        self, new_visitor: NewVisitor, overrides: Overrides
    ) -> None:
        """Whoever finds an open laptop must not get to what ends the owner's logins."""
        seconds = {"STEP_UP_MAX_AGE": OLD_AFTER_SECONDS}
        overrides.write(JWTAUTH=seconds, SESSIONAUTH=seconds)
        phone, laptop = new_visitor(), new_visitor()
        phone.log_in()
        laptop.log_in()
        time.sleep(OLD_AFTER_SECONDS + 1)

        laptop.press("End all others")
        laptop.see(CONFIRM)
        laptop.send_password("wrong")
        laptop.see_error("That is not the right password.")
        # On a busy machine the confirmation itself would be old by the next click.
        overrides.write()
        laptop.send_password(PASSWORD)

        laptop.see(LOGGED_IN_HERE)
        assert laptop.path() == urlsplit(laptop.account_page).path
        laptop.see_status("Nothing was ended yet")
        assert _devices(laptop) == 2
        laptop.press("End all others")
        laptop.see(LOGGED_IN_HERE)
        assert _devices(laptop) == 1
        assert not phone.is_logged_in()


class TestEnd:
    def test_idle_login_is_over(
        self, new_visitor: NewVisitor, overrides: Overrides
    ) -> None:
        """Who left without logging out must be out all the same, after a while."""
        token = {"REFRESH_IDLE_TIMEOUT": IDLE_SECONDS, "ACCESS_TOKEN_LIFETIME": 1.0}
        overrides.write(
            JWTAUTH={
                **token,
                "LEEWAY": 0.0,
                "REFRESH_GRACE_PERIOD": 0.0,
                "REFRESH_RETRY_WINDOW": 0.0,
            },
            SESSIONAUTH={"IDLE_TIMEOUT": IDLE_SECONDS},
        )
        visitor = new_visitor()
        visitor.log_in()

        time.sleep(IDLE_SECONDS + 0.5)

        assert not visitor.is_logged_in()

    def test_back_button_shows_nothing_private_after_logout(
        self, new_visitor: NewVisitor
    ) -> None:
        """The next one at a shared machine must not read on where the last one left."""
        visitor = new_visitor()
        visitor.log_in()
        visitor.press("Log out here")

        visitor.page.go_back(wait_until="commit")

        visitor.see(LOG_IN)
        shown = visitor.page.content()
        assert visitor.name not in shown
        assert "This device" not in shown


def _devices(visitor: Visitor) -> int:
    return visitor.main.get_by_role("heading", level=2).count()

"""The login page in a browser, of both apps: the same steps, the same sights."""

import pytest

from tests.e2e.conftest import NewVisitor
from tests.e2e.other_site import OtherSite
from tests.e2e.people import PASSWORD
from tests.e2e.scenes import TOO_MANY_REQUESTS, guess_until_locked_out
from tests.e2e.stage import Stage
from tests.e2e.visitor import LOG_IN, LOGGED_IN_HERE, Visitor
from tests.e2e.watch import Watch

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("browser_thread")]


class TestLogin:
    def test_wrong_password_is_told_and_the_right_one_helps(
        self, new_visitor: NewVisitor
    ) -> None:
        """A slip of the finger must not be the end of it, nor of where one goes."""
        visitor = new_visitor()
        visitor.open(visitor.account_page)

        visitor.send_login("wrong")

        visitor.see_error("Please enter a correct username and password")
        assert visitor.page.title().startswith("Error:")
        assert not visitor.credentials()
        visitor.send_login(PASSWORD)
        visitor.see(LOGGED_IN_HERE)

    @pytest.mark.requirement("LGN-06")
    def test_everything_works_without_javascript(self, new_visitor: NewVisitor) -> None:
        """Where it is switched off or did not arrive, the pages are all there is."""
        visitor = new_visitor(java_script_enabled=False)
        visitor.open(visitor.account_page)
        visitor.send_login("wrong")
        visitor.see_error("Please enter a correct username and password")
        visitor.send_login(PASSWORD)
        visitor.see(LOGGED_IN_HERE)

        visitor.press("Log out here")

        assert not visitor.is_logged_in()

    @pytest.mark.requirement("LGN-06")
    def test_everything_works_by_keyboard_alone(self, new_visitor: NewVisitor) -> None:
        """Whoever can't use a mouse must get in and out, and see where they are."""
        visitor = new_visitor()
        keyboard = visitor.page.keyboard
        visitor.open(visitor.account_page)
        visitor.focus_by_keyboard(visitor.field("Username"))
        keyboard.type(visitor.name)
        visitor.focus_by_keyboard(visitor.field("Password"))
        keyboard.type(PASSWORD)
        keyboard.press("Enter")
        visitor.see(LOGGED_IN_HERE)

        leave = visitor.main.get_by_role("button", name="Log out here")
        visitor.focus_by_keyboard(leave)
        with visitor.page.expect_navigation():
            keyboard.press("Enter")

        assert not visitor.is_logged_in()


class TestLockOut:
    def test_guessing_comes_to_an_end_for_this_account_alone(
        self, new_visitor: NewVisitor, stage: Stage, scheme: str
    ) -> None:
        """A list of passwords must not get through, and must not lock out others."""
        stage.watch.expect_refusal(TOO_MANY_REQUESTS)
        guesser = new_visitor()
        guesses = guess_until_locked_out(guesser)
        guesser.open(guesser.login_page)

        answer = guesser.send_login(PASSWORD)

        assert 2 < guesses < 10
        assert answer.status == TOO_MANY_REQUESTS
        assert not guesser.credentials()
        stage.visitor(scheme).log_in()


class TestStrangers:
    def test_form_on_another_site_logs_nobody_in(
        self, new_visitor: NewVisitor, other_site: OtherSite, watch: Watch
    ) -> None:
        """Login CSRF: the victim would go on in the attacker's account."""
        visitor = new_visitor()
        watch.expect_refusal(403)
        visitor.open(other_site.show("/trap", _form(visitor)))

        answer = visitor.click(visitor.page.get_by_role("button"))

        assert answer.status == 403
        assert not visitor.credentials()
        assert not visitor.is_logged_in()

    def test_form_without_its_token_logs_nobody_in(
        self, new_visitor: NewVisitor
    ) -> None:
        """Where a browser sends cookies along, the form must prove where it is from."""
        visitor = new_visitor()
        visitor.open(visitor.login_page)
        form = {"username": visitor.name, "password": PASSWORD}

        answer = visitor.context.request.post(visitor.login_page, form=form)

        assert answer.status == 403
        assert not visitor.credentials()

    def test_link_on_another_site_arrives_logged_in(
        self, new_visitor: NewVisitor, other_site: OtherSite
    ) -> None:
        """The link in a mail must not lead to a form that needs no filling in."""
        visitor = new_visitor()
        visitor.log_in()
        link = f'<a href="{visitor.account_page}">Your logins</a>'
        visitor.open(other_site.show("/mail", link))

        visitor.page.get_by_role("link").click()

        visitor.see(LOGGED_IN_HERE)
        assert visitor.page.url == visitor.account_page

    def test_link_on_another_site_leads_who_is_logged_out_to_the_form(
        self, new_visitor: NewVisitor, other_site: OtherSite
    ) -> None:
        """A page that reloads itself must do so once, and not for ever."""
        visitor = new_visitor()
        link = f'<a href="{visitor.account_page}">Your logins</a>'
        visitor.open(other_site.show("/mail", link))

        visitor.page.get_by_role("link").click()

        visitor.see(LOG_IN)
        visitor.send_login(PASSWORD)
        visitor.see(LOGGED_IN_HERE)


def _form(visitor: Visitor) -> str:
    return f"""
    <form method="post" action="{visitor.login_page}">
      <input type="hidden" name="username" value="{visitor.name}">
      <input type="hidden" name="password" value="{PASSWORD}">
      <button>Win a car</button>
    </form>
    """

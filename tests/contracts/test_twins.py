"""What both apps say in the same words, since neither imports the other."""

import ast
import re

import pytest

from demo_project.environment import CHECKOUT

TWINS = {
    "checks/guard.py": ["_is_guarded"],
    "destinations.py": ["_lead"],
    "forms.py": ["CredentialsForm", "PasswordForm"],
    "parsers.py": ["BodyTooLarge"],
    "signals.py": ["printable"],
}


def _parsed(app: str, module: str) -> ast.Module:
    """Parse without comments, layout, the app's name and quotes around annotations."""
    source = (CHECKOUT / app / module).read_text("utf-8")
    tree = ast.parse(source.replace(app, "APP"))
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Constant):
            quoted = str(node.annotation.value)
            node.annotation = ast.parse(quoted, mode="eval").body
    return tree


def _definition(app: str, module: str, name: str) -> ast.FunctionDef | ast.ClassDef:
    (found,) = [
        node
        for node in _parsed(app, module).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
    ]
    return found


class TestTwins:
    @pytest.mark.parametrize(
        ("in_jwtauth", "in_sessionauth"),
        [
            # One browser has one name in both lists of logins.
            ("core/device.py", "core/device.py"),
            # What one app reads of a body, the other does not refuse.
            ("transport/request_body.py", "request_body.py"),
            # The faults of one connection are those of the other.
            ("stores/round_trip.py", "stores/round_trip.py"),
        ],
    )
    def test_module_is_the_same_in_both(
        self, in_jwtauth: str, in_sessionauth: str
    ) -> None:
        """Who mends one mends the other."""
        jwt = ast.unparse(_parsed("jwtauth", in_jwtauth))
        session = ast.unparse(_parsed("sessionauth", in_sessionauth))

        assert jwt == session

    @pytest.mark.parametrize(
        ("module", "name"),
        [(module, name) for module, names in TWINS.items() for name in names],
    )
    def test_definition_is_the_same_in_both(self, module: str, name: str) -> None:
        """Who mends one mends the other."""
        jwt, session = (
            ast.unparse(_definition(app, module, name))
            for app in ("jwtauth", "sessionauth")
        )

        assert jwt == session

    def test_warning_of_a_login_without_a_guard_is_the_same_but_for_its_id(
        self,
    ) -> None:
        """When it is given differs: a service that only verifies needs no guard."""
        jwt, session = (
            re.sub(
                r"APP\.W\d{3}",
                "APP.ID",
                ast.unparse(
                    _definition(app, "checks/guard.py", "check_guard").body[-1]
                ),
            )
            for app in ("jwtauth", "sessionauth")
        )

        assert jwt == session
        assert "Warning(" in jwt
        assert "APP.ID" in jwt

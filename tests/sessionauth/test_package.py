"""What the package exports."""

import pytest

import sessionauth


class TestExports:
    def test_public_calls_are_the_documented_ones(self) -> None:
        """Everything else may change without notice."""
        assert sessionauth.__all__ == ["login", "revoke_all"]
        assert all(callable(getattr(sessionauth, name)) for name in sessionauth.__all__)

    def test_other_name_is_an_attribute_error(self) -> None:
        """Lazy access must fail as plain access does."""
        with pytest.raises(AttributeError, match="nothing_here"):
            sessionauth.nothing_here  # type: ignore[attr-defined] # noqa: B018

"""The error tree."""

from inspect import getmembers, isclass

from sessionauth import exceptions


def errors() -> list[type[exceptions.SessionAuthError]]:
    return [
        error
        for _, error in getmembers(exceptions, isclass)
        if issubclass(error, exceptions.SessionAuthError)
    ]


class TestTree:
    def test_every_error_is_drawn_in_the_docstring(self) -> None:
        """The drawing is where one looks what to catch."""
        drawing = exceptions.__doc__ or ""

        assert [e.__name__ for e in errors() if e.__name__ not in drawing] == []

    def test_codes_are_unique(self) -> None:
        """Logs and clients tell errors apart by them."""
        codes = [error.code for error in errors()]

        assert len(set(codes)) == len(codes)

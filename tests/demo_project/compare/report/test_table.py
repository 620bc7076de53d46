"""The result as text for the terminal."""

from demo_project.compare.report.table import as_table
from tests.demo_project.compare.results import counted, result


def test_rows_stand_under_their_heading_with_how_they_were_measured() -> None:
    """A figure without how it came about can't be judged."""
    text = as_table(
        result(
            counted("stored", {"session": "9", "jwt": "8"}, group="storage"),
            counted("sql", {"session": "1", "jwt": "0"}),
        )
    )

    assert text == (
        "Linux x86_64, 2 processors, Python 3.11.7, Django 5.2.19\n\n"
        "== What a request costs ==\n\n"
        "The row sql\n"
        "  session        1\n"
        "  jwt, denylist  0\n"
        "  (counted: counted; exact)\n\n"
        "== What is stored ==\n\n"
        "The row stored\n"
        "  session        9\n"
        "  jwt, denylist  8\n"
        "  (counted: counted; exact)\n"
    )

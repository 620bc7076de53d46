"""The result as text for the terminal."""

from demo_project.compare.report.table import as_table
from tests.demo_project.compare.counted_results import result, row


def test_rows_stand_under_their_heading_with_how_they_were_measured() -> None:
    """A figure without how it came about can't be judged."""
    text = as_table(
        result(
            row("stored", {"session": "9", "jwt_denylist": "8"}, group="storage"),
            row("sql", {"session": "1", "jwt_denylist": "0"}),
        )
    )

    assert text == (
        "Linux x86_64, 2 processors, Django 6\n\n"
        "== What a request costs ==\n\n"
        "The row sql\n"
        "  SESSION       1\n"
        "  JWT_DENYLIST  0\n"
        "  (counted: counted; exact)\n\n"
        "== What is stored ==\n\n"
        "The row stored\n"
        "  SESSION       9\n"
        "  JWT_DENYLIST  8\n"
        "  (counted: counted; exact)\n"
    )

"""``make bench``: every program in turn, one table."""

import os
import platform
import sys

import django
from django.core.management import call_command

from demo_project.embedded_valkey import EmbeddedValkey


def main() -> None:
    """Start what is needed, measure, print."""
    with EmbeddedValkey() as server:
        os.environ["BENCHMARK_REDIS_URL"] = server.url
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        # They need the settings that have just been made.
        from benchmarks import access_token, request, rows, session  # noqa: PLC0415

        measured = [
            row
            for program in (access_token, session, request)
            for row in program.measure()
        ]
    sys.stdout.write(
        f"Python {platform.python_version()}, Django {django.__version__}, "
        f"{os.cpu_count()} cores; medians of interleaved rounds\n\n"
        f"{rows.table(measured)}\n"
    )


if __name__ == "__main__":
    main()

"""``manage.py compare``: the same as ``make compare``, with options."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from demo_project.compare.commandline import add_arguments, run_comparison


class Command(BaseCommand):
    """Measure both schemes over HTTP, side by side."""

    help = "Measure both schemes over HTTP, side by side, on throw-away servers."
    # It starts servers of its own and touches nothing of the running demo.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of ``python -m demo_project.compare``."""
        add_arguments(parser)

    def handle(self, *_args: object, **options: object) -> None:
        """Run it; leave with its exit code where it failed."""
        target = options["json"]
        code = run_comparison(
            json=target if isinstance(target, Path) else None,
            quick=bool(options["quick"]),
        )
        if code:
            sys.exit(code)

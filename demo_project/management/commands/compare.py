"""``manage.py compare``: the same as ``make compare``, with options."""

import sys
from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand

from demo_project.compare.commandline import Options, add_arguments, run_comparison


class Command(BaseCommand):
    """Measure both schemes over HTTP, side by side."""

    help = "Measure both schemes over HTTP, side by side, on throw-away servers."
    # It starts servers of its own and touches nothing of the running demo.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the options of ``python -m demo_project.compare``."""
        add_arguments(parser)

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 # Django's
        """Run it; leave with its exit code where it failed."""
        ours = {field.name: options[field.name] for field in fields(Options)}
        code = run_comparison(Options(**ours))
        if code:
            sys.exit(code)

"""Programs that empty and fill stores leave everybody's own alone."""

import os
import sys
from collections.abc import Mapping


def refuse_other_servers(environment: Mapping[str, str] = os.environ) -> None:
    """Leave the program unless the comparison has started it for a server of its own.

    Raises:
        SystemExit: The environment names another Redis than an embedded one.
    """
    is_ours = environment.get("REDIS_URL", "").startswith("unix://")
    if not (is_ours and environment.get("DEMO_COUNTING") == "1"):
        sys.exit("This empties or fills stores: only `make compare` may start it.")

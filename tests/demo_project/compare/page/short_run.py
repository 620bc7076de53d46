"""A program that is started as the comparison is, and is over in a moment.

What it does is the argument after those of the comparison.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from demo_project.whole_file import write_whole

FOR_EVER = 600.0


def main() -> None:
    quick, json_option, target, what = sys.argv[1:]
    sys.stderr.write(f"compare: about to {what}\n")
    sys.stderr.flush()
    if what == "finish":
        told = {"options": [quick, json_option], "environment": sorted(os.environ)}
        write_whole({Path(target): json.dumps(told)})
    elif what == "fail":
        sys.exit("The comparison failed. There was no Valkey.")
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
        time.sleep(FOR_EVER)


if __name__ == "__main__":
    main()

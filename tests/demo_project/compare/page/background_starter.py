"""A process that starts a run in the background, and waits to be killed."""

import sys
import time
from pathlib import Path

from demo_project.compare.page.running import Background
from tests.demo_project.compare.page.short_jobs import job, wait_for_words

if __name__ == "__main__":
    background = Background(Path(sys.argv[1]))
    background.start(job("wait"))
    wait_for_words(background, "about to wait")
    sys.stdout.write("started\n")
    sys.stdout.flush()
    time.sleep(600)

"""What is going on, for whoever waits: on stderr, so that the table stands alone."""

import sys

from demo_project.progress_line import ProgressLine

_LINE = ProgressLine(sys.stderr, "bench")
show = _LINE.show
end = _LINE.end

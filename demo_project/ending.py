"""Programs of the demo end in good order, whatever asks them to end."""

import signal
import sys
from threading import Event
from types import FrameType

_ENDS = (KeyboardInterrupt, SystemExit)
_was_asked = Event()


def leave_by_signals() -> None:
    """Leave through every `with`, until the server has handlers of its own."""
    sys.unraisablehook = _report_but_for_the_end
    signal.signal(signal.SIGTERM, _leave)
    # A shell script that starts us in the background has it ignored; the server will
    # hear it all the same, so the start does too.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGHUP, _leave)


def be_interrupted_by_signals() -> None:
    """Take every signal that asks to end for Ctrl-C."""
    sys.unraisablehook = _report_but_for_the_end
    signal.signal(signal.SIGTERM, _interrupt)
    # A shell script that starts us in the background has it ignored.
    signal.signal(signal.SIGINT, _interrupt)
    # nohup has it ignored on purpose.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def leave_if_asked() -> None:
    """Leave after all, where what a handler raised was lost.

    Python drops what is raised while it calls back for a weak reference that died, and
    every import has one.

    Raises:
        KeyboardInterrupt: A signal has asked to end.
    """
    if _was_asked.is_set():
        raise KeyboardInterrupt


def _report_but_for_the_end(lost: "sys.UnraisableHookArgs") -> None:
    """Print what was raised where nobody could catch it, as Python does.

    What a handler raised is no fault: ``leave_if_asked`` makes up for it.
    """
    if not (_was_asked.is_set() and issubclass(lost.exc_type, _ENDS)):
        sys.__unraisablehook__(lost)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _was_asked.set()
    raise KeyboardInterrupt


def _leave(_number: int, _frame: FrameType | None) -> None:
    _was_asked.set()
    raise SystemExit(0)

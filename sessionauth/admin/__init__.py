"""The admin of live sessions: look at them, and end them.

There is no table behind it: the pages read Redis. ``ActiveSession`` registers itself.
"""

from sessionauth.admin.active_sessions import ActiveSessionAdmin

__all__ = ["ActiveSessionAdmin"]

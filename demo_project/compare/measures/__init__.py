"""What is measured: a file for each subject, each of them yields its rows.

Every file has ``measure(run)``. What is timed is done by all modes in turns, so that
noise hits them alike; what is counted and observed, by all at once. The order is that
of the report, but for what disturbs others: servers are stopped, and stores filled,
when all else is measured.
"""

from collections.abc import Mapping

from demo_project.compare.measures import (
    at_scale,
    attacks,
    bytes_sent,
    counted,
    logins,
    operations,
    outage,
    refreshes,
    revocation,
    second_service,
    storage,
    throughput,
)
from demo_project.compare.plan import Measure

MEASURES: Mapping[Measure, tuple[str, ...]] = {
    throughput.measure: ("speed",),
    counted.measure: ("cost",),
    bytes_sent.measure: ("cost",),
    logins.measure: ("login",),
    refreshes.measure: ("login",),
    revocation.measure: ("revocation",),
    # Empties the Redis of the session modes: whoever was logged in is so no more.
    storage.measure: ("storage",),
    second_service.measure: ("services",),
    attacks.measure: ("attacks",),
    operations.measure: ("operations",),
    outage.measure: ("outage", "operations"),
    at_scale.measure: ("scale",),
}
"""Each with the groups of ``result.GROUPS`` that its rows stand under."""

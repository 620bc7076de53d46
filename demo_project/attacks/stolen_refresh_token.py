"""A refresh token is copied, and the copy is used after its owner moved on twice.

A backup of the phone, an old log: the thief comes late. The token has been rotated
two times, so nobody honest can still hold it. It is refused, the login ends, and the
owner has to log in again.
"""

from typing import TYPE_CHECKING, cast

from demo_project.attacks.stage import Stage, Step

if TYPE_CHECKING:
    from demo_project.devices import RefreshingDevice


def play(stage: Stage) -> tuple[Step, ...]:
    """Steal after the login, use it after the owner's second refresh."""
    owner = cast("RefreshingDevice", stage.logged_in("owner"))
    thief = owner.copy_to(stage.open_device("thief"))
    owner.refresh()
    owner.refresh()
    return (
        Step(who="thief", what="refresh", status=thief.refresh().status),
        Step(who="owner", what="refresh", status=owner.refresh().status),
        Step(who="owner", what="call", status=owner.call("me/").status),
        Step(who="thief", what="call", status=thief.call("me/").status),
    )

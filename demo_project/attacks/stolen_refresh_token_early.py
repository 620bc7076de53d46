"""A refresh token is copied, and the copy is used after its owner's next refresh.

From another device, this looks like an owner whose answer got lost, so the thief is
let in: the owner's own token becomes an orphan. The owner's next refresh proves that
two hold the same login, and ends it for both. The thief had at most the lifetime of
one access token.
"""

from typing import TYPE_CHECKING, cast

from demo_project.attacks.stage import Stage, Step

if TYPE_CHECKING:
    from demo_project.devices import RefreshingDevice


def play(stage: Stage) -> tuple[Step, ...]:
    """Steal after the login, use it after the owner's first refresh."""
    owner = cast("RefreshingDevice", stage.logged_in("owner"))
    thief = owner.copy_to(stage.open_device("thief"))
    owner.refresh()
    return (
        Step(who="thief", what="refresh", status=thief.refresh().status),
        Step(who="thief", what="call", status=thief.call("me/").status),
        Step(who="owner", what="refresh", status=owner.refresh().status),
        Step(who="thief", what="refresh", status=thief.refresh().status),
        Step(who="thief", what="call", status=thief.call("me/").status),
        Step(who="owner", what="call", status=owner.call("me/").status),
    )

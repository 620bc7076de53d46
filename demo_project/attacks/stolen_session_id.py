"""A session cookie is copied, and the copy is used after its owner.

A session id doesn't change between two requests, so nothing tells the copy from the
original: the thief rides along until the owner logs out or the session times out.
Whoever ends the session ends it for both, at once.
"""

from demo_project.attacks.stage import Stage, Step


def play(stage: Stage) -> tuple[Step, ...]:
    """Steal after the login, use it, and let the owner log out."""
    owner = stage.logged_in("owner")
    thief = owner.copy_to(stage.open_device("thief"))
    owner.call("me/")
    return (
        Step(who="thief", what="call", status=thief.call("me/").status),
        Step(who="owner", what="call", status=owner.call("me/").status),
        Step(who="owner", what="log out", status=owner.log_out().status),
        Step(who="thief", what="call", status=thief.call("me/").status),
    )

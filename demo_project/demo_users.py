"""The demo's people, as data; ``manage.py seed_users`` makes them."""

from dataclasses import dataclass

PASSWORD = "tandem-demo"  # noqa: S105 - public on purpose, refused without DEBUG
MAY_VIEW = ("view_tokenfamily", "view_activesession", "view_user")


@dataclass(frozen=True, kw_only=True)
class DemoUser:
    """One of the demo's people and what the admin lets them do."""

    name: str
    is_staff: bool = False
    is_superuser: bool = False
    permissions: tuple[str, ...] = ()


DEMO_USERS = (
    DemoUser(name="alice"),
    DemoUser(name="bob"),
    DemoUser(name="carol", is_staff=True, permissions=MAY_VIEW),
    DemoUser(name="admin", is_staff=True, is_superuser=True),
)

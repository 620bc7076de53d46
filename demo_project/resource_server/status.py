"""The status document: by it a demo that starts knows its own second service."""

SERVICE = "django-tandem-auth demo, second service"


def status_of(*, issuer: str, audience: str) -> dict[str, str]:
    """Return what the second service says of itself.

    Args:
        issuer: whose tokens it takes.
        audience: the name by which they must name it.
    """
    return {"service": SERVICE, "issuer": issuer, "audience": audience}

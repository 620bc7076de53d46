"""A short label for the device that logged in, from its User-Agent."""

# The first hit counts, so the more special name stands before the one it imitates.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
# Redis keeps a small hash compact only while each value has at most 64 bytes.
MAX_LABEL_LENGTH = 60


def device_label(user_agent: str) -> str:
    """Return a label such as ``"Firefox on Linux"``, or what the client calls itself.

    The header is untrusted: only printable ASCII survives, and little of it.
    """
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    product = user_agent.split(" ", 1)[0]
    text = browser or "".join(c for c in product if c.isascii() and c.isprintable())
    return text[:MAX_LABEL_LENGTH]


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")

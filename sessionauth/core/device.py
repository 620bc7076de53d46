"""Words for the device that logged in: its browser and its system, as its header says.

A short table, and no library: those try hundreds of patterns on what a client sends,
which costs milliseconds, and with the right text a hundred times as many.
"""

import re

# The first hit counts, so the more special name stands before the one it imitates.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
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
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
)
# Redis keeps a small hash compact only while each value has at most 64 bytes.
MAX_LABEL_LENGTH = 60

# The header is untrusted, so of a client that is not in the table only a plain name
# counts: no blanks, no markup, nothing that a terminal or a page would act upon.
_PLAIN_NAME = re.compile(rf"[A-Za-z0-9._+~/-]{{1,{MAX_LABEL_LENGTH}}}")
_JOINT = " on "


def device_label(user_agent: str) -> str:
    """Return a label such as ``"Firefox on Linux"``, in English.

    Of the two what is known, else what the client calls itself; it may be empty.
    """
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser}{_JOINT}{system}"
    name = _PLAIN_NAME.match(user_agent)
    return browser or system or (name[0] if name else "")


def browser_and_system(label: str) -> tuple[str, str]:
    """Return the two that a label names, for who says it in another language.

    Both are empty where it is to be shown as it is.
    """
    browser, joint, system = label.partition(_JOINT)
    return (browser, system) if joint else ("", "")


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")

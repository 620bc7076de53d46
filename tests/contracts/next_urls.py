"""Where ``next`` may lead, and where not: one corpus for every page of both apps.

To be sent over https to the host ``testserver``.
"""

UNSAFE = (
    # Another host, said plainly.
    "https://evil.example/",
    "http://evil.example",
    "http://evil.example/",
    "HTTPS://EVIL.EXAMPLE/",
    # Another host under the scheme of the page, and what browsers take for that.
    "//evil.example",
    "//evil.example/page/",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    " //evil.example",
    # Browsers leave out tabs and line ends, and blanks at the start.
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\r\n//evil.example",
    "\t//evil.example",
    "\x00//evil.example",
    "\x08//evil.example",
    "\x1f//evil.example",
    "\u2028//evil.example",
    "ht\ntps://evil.example/",
    # A scheme without a host: browsers look for one further on.
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:///evil.example",
    # Names that look like ours.
    "https://testserver@evil.example/",
    "https://testserver:443@evil.example/",
    "https://user:testserver@evil.example/",
    "https://evil.example\\@testserver/",
    "https://testserver\\@evil.example/",
    "https://evil.example#@testserver/",
    "https://evil.example?@testserver/",
    "https://testserver.evil.example/",
    "https://evil-testserver/",
    "//testserver@evil.example/",
    "https://evil.example\uff0ftestserver/",
    "https://tests\u0435rver/",
    # Ours, under another user, port or scheme.
    "https://user@testserver/",
    "https://testserver:8443/",
    "http://testserver/",
    "ftp://testserver/",
    "file:///etc/passwd",
    # Scripts and whole pages.
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "javascript://testserver/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    # No addresses at all.
    "",
    " ",
    "//[evil.example",
    "http://[::1",
    "https://[::1",
    "https://[testserver]/",
    "/" + "a" * 3000,
)
"""Never to be followed: the answer leads where it leads without ``next``."""

SAFE = {
    "/page/": "/page/",
    "/page/?a=1&b=//evil.example": "/page/?a=1&b=//evil.example",
    "/page/#//evil.example": "/page/#//evil.example",
    "?a=1": "?a=1",
    "page/": "page/",
    "\\evil.example": "%5Cevil.example",
    "https://testserver/page/": "https://testserver/page/",
    "/caf\xe9/": "/caf%C3%A9/",
    # Quoted, they are parts of a path of ours.
    "/%5cevil.example": "/%5cevil.example",
    "/%09/evil.example": "/%09/evil.example",
    "/..//evil.example": "/..//evil.example",
    # A line end makes no second header: it arrives quoted.
    "/page/\r\nSet-Cookie: a=b": "/page/%0D%0ASet-Cookie:%20a=b",
    "/page/\r\n\r\n<script>": "/page/%0D%0A%0D%0A%3Cscript%3E",
    "/page/\x00": "/page/%00",
}
"""To be followed, and what ``Location`` then says: each stays on this host."""

"""Both apps in a real browser: Debian's Chromium, driven by Playwright.

``serve`` is the server, a process of its own; ``people`` are its users, one for each
test; ``chromium`` starts the browser; ``visitor`` is somebody who uses it; ``watch``
notes what no page may do; ``other_site`` is where links and forms of strangers stand.
"""

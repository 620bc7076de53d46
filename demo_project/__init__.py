"""The demo: both apps in one project, one switch between them, and a comparison.

``environment`` and ``settings`` read the choices, ``mounts`` puts the apps in place,
``serve`` is ``make demo``, ``compare`` is ``make compare``, ``attacks`` are played by
the comparison and by the tests.
"""

"""``make compare``: both schemes driven over HTTP against real servers, side by side.

``scenario`` says what is done and is the same for both, ``server`` starts a mode of
the demo for it, ``runner`` brings them together, ``report`` shows the rows.
"""

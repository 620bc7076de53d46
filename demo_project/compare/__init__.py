"""``make compare``: both schemes driven over HTTP against real servers, side by side.

From the outside in::

    commandline   what was asked for, which files it goes to, how it is stopped
    page/         /compare/: the last result, advice drawn from it, background runs
    report/       a result as a table, as charts, as a page
    runner        starts every mode, hands all to each measure, collects the rows
    measures/     what is measured, a file for each subject
    outages/ fill/ stores/ counting/    what measures drive, and look into
    servers/      the servers of a run, and what they stand on
    modes, plan, result    the six columns, how much is measured, and what comes out
    machine, spread        what it was taken on, and how far it scattered
"""

COMMAND = "compare"
"""What each line of progress begins with."""

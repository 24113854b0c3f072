"""Why goals were missed. A reason is found by profiling when the figure is known already, so they
stand apart from what is measured: `python -m tests.benchmarks --reasons` tells them anew."""

HUB = """\
The median run keeps to it. In most seconds the hub asks for the head of the log once or twice (each
second, and again for whoever comes half a second later). Every two seconds it asks when a worker
was last seen, and every ten seconds two more queries ask whether everybody may stay; where all of
that falls into one second there are five."""
QUERIES = """\
Whoever comes first is asked for at once, in two queries, one about the session and one about the
account; whoever comes meanwhile is asked for together, in two more, and so on at most a second
later. A session holds its account in a form that only Django can read, so one query cannot tell
both. The queries by the hub's thread, which have a row of their own, are counted in this one,
too."""
COVERS = """\
Where a key finds other albums, their 60 covers, SVG images from the demo server on the same two
cores, are fetched and drawn between the two paints. Without covers such a key takes 80 to 110 ms,
as those do that find the same albums. The albums in sight are painted before."""
TASK = """\
The processor of this machine is shared with others. Two hours before, when a first paint took 464
ms instead of 696, the longest task took 68 ms in the median and 92 at worst."""
BACK = "1,000 sockets come back at once"
REASONS = {
    "longest task": TASK,
    "50 albums, none known before": """\
Of the 0.32 s over the bound 0.1 are the token, which all other calls wait for, and 0.06 the last
calls, which are four and not eight. The rest is the request, the sheet, and 50 transactions.""",
    "10,000 albums: from a key to all of the page, median of the keys": COVERS,
    "10,000 albums: from a key to all of the page, slowest of the keys": COVERS,
    f"{BACK}, Daphne: queries by the hub's thread in the worst second": HUB,
    f"{BACK}, uvicorn: queries by the hub's thread in the worst second": HUB,
    f"{BACK}, Daphne: all queries in the worst second": QUERIES,
    f"{BACK}, uvicorn: all queries in the worst second": QUERIES,
    "an idle socket, Daphne": """\
Of what a plain consumer takes, nearly all is the server's own, as the row below shows: the protocol
objects of Daphne, Twisted and autobahn and the queues and tasks of asyncio. Groovelog adds some 6
KiB to a consumer that does nothing. A snapshot of the allocations (tracemalloc) has Daphne's
protocol at 5.6 KiB, autobahn's at 3.6, Twisted's HTTP channel at 4.2 and asyncio's queues, locks
and tasks at 6.2 for each socket.""",
    "an idle socket, uvicorn": """\
Here, too, nearly all is the server's own, as the row below shows: a consumer that does nothing
takes more than half of what a plain one does.""",
}

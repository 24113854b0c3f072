"""Why goals were missed. A reason is found by profiling when the figure is known already, so they
stand apart from what is measured: `python -m tests.benchmarks --reasons` tells them anew."""

COVERS = """\
Where a key finds other albums, their 60 covers, SVG images from the demo server on the same two
cores, are fetched and drawn between the two paints. Without covers such a key takes 80 to 110 ms,
as those do that find the same albums. The albums in sight are painted before."""
REASONS = {
    "50 albums, none known before": """\
Of the 0.32 s over the bound 0.1 are the token, which all other calls wait for, and 0.06 the last
calls, which are four and not eight. The rest is the request, the sheet, and 50 transactions.""",
    "10,000 albums: from a key to all of the page, slowest of the keys": COVERS,
    "an idle socket, Daphne": """\
Half of what a plain consumer takes is less than what the server takes by itself for a socket that
does nothing: the protocol objects of Daphne, Twisted and autobahn and the queues and tasks of
asyncio. A snapshot of the allocations (tracemalloc) has the largest in the headers of the handshake
and in Daphne's and autobahn's protocols. Groovelog adds some 5 KiB.""",
    "an idle socket, uvicorn": """\
Here, too, half of what a plain consumer takes is less than what the server takes by itself for a
socket that does nothing. Groovelog adds some 6 KiB.""",
}

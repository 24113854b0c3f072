"""A server on loopback that plays Google Sheets and Spotify, and misbehaves on request.

Nothing of the product is imported here and nothing here is imported by the product, save
`launch`, which starts the server beside `manage.py serve --demo`. Where to look:

    __main__.py    the command line, the socket, and when to leave
    app.py         the routes, and who may call at all
    albums.py      what is in the library (records.json), ids, and its wrong neighbours
    generated.py   made-up albums in any number, for benchmarks
    search.py      Spotify's search over the library
    sheet.py       Google: the export, its redirect, and the ways it goes wrong
    spotify.py     Spotify: the token, albums, search
    behaviour.py   the switches and what they may hold
    weather.py     applies the switches and the latencies to every call
    calls.py       what was called, and how it was answered
    covers.py      cover art drawn from an id
    control.py     the control page and its JSON doors
    launch.py      starts the server as a child and sets the environment to it
"""

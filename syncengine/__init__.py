"""The sync as a process, told by its log.

Core, pure (no clock, no database, no network):
- `schemas`: what the data of each event kind may be
- `events`: an event, how it is checked, written down and hashed
- `projection`: the fold from events to the status
- `sentences`: the only place that puts events and status into words

For whoever watches over it:
- `subject`, `metrics`: what a line of a log is about, and what this process counts
- `figures`: what the database has for Prometheus
- `metrics_page`, `metrics_port`: the doors to them, of web servers and of workers

Storage:
- `models`: the log, its head, operations and workers
- `log`: the only door through which events are appended
- `projectors`: what an event changes besides the log
- `triggers`: what the database itself refuses
- `stored`: the rows of the log as the database has them
- `checkpoints`: the head, written outside the database
- `webhook`: each checkpoint, signed, to whoever keeps copies

Use cases:
- `operations`: start, claim, beat, park, cancel and finish, each a conditional update
- `plan`: which row becomes which album (pure)
- `tasks`: the rows of a plan, worked off several at once
- `budget`: the calls to Spotify of each day
- `results`, `failures`: how an album's result becomes an event, and the sync's own ways to fail
- `run`: one sync, readable from top to bottom
- `worker`: takes operations from the database and runs them
- `memory`: what a large sheet took goes back to the system
- `history`: what audits read
- `operations_query`, `operations_found`: which operations an audit asks for, and those
- `story`: one operation told from beginning to end
- `presence`: which workers are alive
- `verify`, `rebuild`: whether the record holds, and the projections follow from it
- `selection`, `export`: which events, and the log as files with their manifest
- `acts`: exports and verifications, recorded in the log itself
- `verify_export`: verifies an export offline; a program of its own, for auditors
- `guard`: verifies beside every worker, and keeps for the pages what does not hold

Doors:
- `fanout`: the doorbell, the only sender to the channel layer
- `hub`: reads the log once for all sockets of a web process
- `sockets`, `tail`: a browser's connection; the newest events at hand, as frames
- `watchers`: who watches, across processes
- `echo`: whether the channel layer brings back what is sent
- `duties`: a thread for the database, and to be tried again, for tasks that live long
- `origin`, `roles`, `http`, `sessions`, `visitors`: who may come in
- `rights`, `signals`: whom a session has signed in, and what rings when that may have changed
- `consumers`, `views`, `downloads`, `urls`: the socket, the HTTP interface, and exports
- `management/commands`: the terminal
"""

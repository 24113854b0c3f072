"""How the product talks to PostgreSQL, so that nobody waits for somebody else for ever."""

from typing import Any

# On the server's side. No statement has a limit of its own: each of ours reads one page, and an
# upgrade of a large log may take its time.
SESSION = {
    # A machine that is gone may hold a lock, and the server's own default is two hours.
    "tcp_keepalives_idle": "10",  # seconds
    "tcp_keepalives_interval": "5",  # seconds
    "tcp_keepalives_count": "3",
    # A worker that stands still within a transaction holds the head of the log, and with it every
    # other one; so its transaction ends. Ours have nothing to wait for within one.
    "idle_in_transaction_session_timeout": "10s",
    # Longer than that, so that whoever waits for such a worker gets the lock after all.
    "lock_timeout": "15s",
}
# On ours, for a server or a network that swallows packets. https://www.postgresql.org/docs/current/
# libpq-connect.html#LIBPQ-PARAMKEYWORDS
CONNECTION = {
    "connect_timeout": 5,  # seconds, the server's greeting included
    "keepalives_idle": 10,  # seconds without a packet before the first probe
    "keepalives_interval": 5,  # seconds
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds that sent data may stay unacknowledged
}


def with_limits(database: dict[str, Any]) -> dict[str, Any]:
    """The entry of `DATABASES` with these limits; what `DATABASE_URL` itself says has priority, but
    for `conn_max_age`: each request has a thread of its own, so a connection that it kept would
    only be in the way."""
    given = database.get("OPTIONS", {})
    session = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    options = {
        **CONNECTION,
        **given,
        "options": f"{session} {given.get('options', '')}".strip(),  # the last one counts
    }
    return {**database, "OPTIONS": options, "CONN_MAX_AGE": 0}

"""How many files a web process may open: each browser's live connection is one of them."""

import logging
import resource

logger = logging.getLogger("groovelog.web")

# Beside the sockets: requests that are answered or wait, databases, Redis, modules.
SPARE = 500


def make_room_for(sockets: int) -> None:
    """Raise this process's own limit as far as the system lets it, which is 1,024 by default
    however much more would be allowed. Where that is too little for so many sockets, log a warning
    with what to do: at the limit a server hears of no new connection, and nobody could ask why."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sockets + SPARE
    wanted = needed if most == resource.RLIM_INFINITY else most
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
            allowed = wanted
        except (OSError, ValueError):
            pass  # some systems allow less than they say; what counts is told below
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        logger.warning(
            "MAX_SOCKETS is %s, but this process may open %s files only, and needs %s beside the"
            " sockets. Once they are used up it takes no connection at all, health checks included."
            " Raise the limit (LimitNOFILE= of systemd, ulimit -n), or lower MAX_SOCKETS to %s.",
            sockets,
            allowed,
            SPARE,
            max(1, allowed - SPARE),
        )

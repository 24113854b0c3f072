"""Everything that can be configured about the sources."""

from dataclasses import dataclass, field

# Sizes and times that more than one module needs.
SHORT_WAIT_S = 60  # longer waits are not sat out: the caller parks the sync


@dataclass(frozen=True)
class SourceSettings:
    """What the sources need to know. The environment is read elsewhere, once.

    `sheet_url` is what a person pasted; only an id and a tab are taken from it. `market` is an
    ISO 3166-1 alpha-2 country or empty. `calls_per_30s` is where the limiter starts.
    `image_origins` are the origins that a cover may come from. `retry_base_s` is the first
    wait between two tries, in seconds; it doubles from there. `probe_every_s` is the first wait
    for a call that finds out whether an outage of Spotify's is over.
    """

    sheet_url: str = ""
    sheets_origin: str = "https://docs.google.com"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_url: str = "https://api.spotify.com/v1"
    token_url: str = "https://accounts.spotify.com/api/token"  # noqa: S105, an address
    market: str = ""
    calls_per_30s: int = 90
    image_origins: tuple[str, ...] = ("https://i.scdn.co",)
    retry_base_s: float = 0.5
    probe_every_s: float = 30.0

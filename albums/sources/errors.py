"""What can go wrong at the sources, in words that an admin understands.

    SourceError                     code, message, remedy, details
    |-- SyncError                   the sync as a whole cannot go on
    |   |-- NetworkError            network
    |   |-- SheetError
    |   |   |-- SheetNotConfigured  sheet-not-configured
    |   |   |-- SheetUrlUnreadable  sheet-url-unreadable
    |   |   |-- SheetPrivate        sheet-private
    |   |   |-- SheetNotFound       sheet-not-found
    |   |   |-- SheetWrongTab       sheet-wrong-tab
    |   |   |-- SheetHtml           sheet-html
    |   |   |-- SheetEmpty          sheet-empty
    |   |   |-- SheetNoHeader       sheet-no-header
    |   |   |-- SheetTooLarge       sheet-too-large
    |   |   |-- SheetTruncated      sheet-truncated
    |   |   |-- SheetEncoding       sheet-encoding
    |   |   |-- SheetBadCsv         sheet-bad-csv
    |   |   |-- SheetBlockedAddress sheet-blocked-address
    |   |   `-- SheetUnavailable    sheet-unavailable
    |   `-- SpotifyError
    |       |-- SpotifyCredentials  spotify-credentials
    |       |-- SpotifyForbidden    spotify-forbidden
    |       |-- SpotifyPremium      spotify-premium
    |       |-- SpotifyTokenDown    spotify-unavailable
    |       `-- SpotifyTokenBad     spotify-bad-answer
    |-- AlbumError                  one album cannot be synced; candidates
    |   |-- RowIncomplete           row-incomplete
    |   |-- RowTooLong              row-too-long
    |   |-- RowLinkUnsupported      row-link-unsupported
    |   |-- RowLinkLost             row-link-lost
    |   |-- AlbumNotFound           album-not-found
    |   |-- AlbumIdInvalid          album-id-invalid
    |   |-- AlbumTakenDown          album-taken-down
    |   |-- AlbumNoMatch            album-no-match
    |   |-- AlbumWeakMatch          album-weak-match
    |   |-- AlbumUnavailable        spotify-unavailable
    |   `-- AlbumBadAnswer          spotify-bad-answer
    `-- MustWait                    spotify-wait, google-wait: come back later

A code may stand in both families: the same cause once for a single album, once for all.
Messages are templates that are filled from `details`; neither ever holds a secret.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .text import clean

DETAIL_CHARS = 300  # the longest text of a detail

Service = Literal["spotify", "google"]
Reason = Literal["rate-limit", "quota", "budget"]


@dataclass(frozen=True)
class Candidate:
    """An album that a row might mean. `score` is 0 to 100."""

    id: str
    artist: str
    title: str
    year: int | None
    score: int

    def as_data(self) -> dict[str, Any]:
        """Return the fields as plain JSON values: id, artist, title, year, score."""
        return asdict(self)


class SourceError(Exception):
    """The root. `details` are small: texts of at most `DETAIL_CHARS` characters, or integers."""

    code: str = "source-error"
    message: str = "Something went wrong at a source."
    remedy: str = "Try again later."

    def __init__(self, **details: str | int) -> None:
        self.details: dict[str, str | int] = {
            name: clean(value, DETAIL_CHARS) if isinstance(value, str) else value
            for name, value in details.items()
        }
        self.message = self.message.format_map(self.details)
        self.remedy = self.remedy.format_map(self.details)
        super().__init__(self.message)


class SyncError(SourceError):
    """The sync as a whole cannot go on."""


class NetworkError(SyncError):
    """DNS, refused connections, or silence, after the retries.

    Details: `service`, and `problem`, what happened in a few words.
    """

    code = "network"
    message = "Network error: Unable to reach external services. Please check your connection."
    remedy = (
        "{service}: {problem}. Check this machine's network, DNS and firewall, then start the sync"
        " again."
    )

    def __init__(self, service: str = "Network", problem: str = "unreachable") -> None:
        super().__init__(service=service, problem=problem)


class SheetError(SyncError):
    """The sheet cannot be read as a list of albums."""


class SheetNotConfigured(SheetError):
    code = "sheet-not-configured"
    message = "No Google Sheet is configured."
    remedy = "Set GOOGLE_SHEETS_URL to the link of the sheet and restart."


class SheetUrlUnreadable(SheetError):
    code = "sheet-url-unreadable"
    message = "GOOGLE_SHEETS_URL holds no Google Sheets link that we can read."
    remedy = (
        "Open the sheet in a browser, copy the address "
        "(https://docs.google.com/spreadsheets/d/...) and set it as GOOGLE_SHEETS_URL."
    )


class SheetPrivate(SheetError):
    code = "sheet-private"
    message = "The Google Sheet is not shared: Google asks us to sign in."
    remedy = "In the sheet choose Share, General access, Anyone with the link, Viewer."


class SheetNotFound(SheetError):
    code = "sheet-not-found"
    message = "Google knows no sheet at the configured address."
    remedy = "Check GOOGLE_SHEETS_URL; the sheet may have been deleted or unpublished."


class SheetWrongTab(SheetError):
    code = "sheet-wrong-tab"
    message = "Google refused the request: the sheet has no such tab."
    remedy = "Open the tab that lists the albums and copy its address into GOOGLE_SHEETS_URL."


class SheetHtml(SheetError):
    code = "sheet-html"
    message = "Google answered with a web page instead of the sheet's rows."
    remedy = "Check that the sheet is shared with anyone who has the link, then try again."


class SheetEmpty(SheetError):
    code = "sheet-empty"
    message = "The sheet holds no albums. Nothing was changed."
    remedy = "Check that the right sheet and tab are configured and that it has rows."


class SheetNoHeader(SheetError):
    """Details: `seen` (the fullest of the first records), `records` (how many were searched)."""

    code = "sheet-no-header"
    message = (
        "The sheet's columns were not recognised. Seen in its first {records} rows: {seen}. "
        "Wanted: a header row with Artist and Album, or with Spotify."
    )
    remedy = "Name the columns Artist, Album, Year, Genre, Label, Spotify in any order."


class SheetTooLarge(SheetError):
    """Details: `what` is beyond which limit, with its row where there is one."""

    code = "sheet-too-large"
    message = "The sheet is too large: {what}."
    remedy = "Move what is not the list of albums to another sheet."


class SheetTruncated(SheetError):
    code = "sheet-truncated"
    message = "The sheet arrived incomplete. Nothing was changed."
    remedy = "Start the sync again; if it happens again, check the network's proxies."


class SheetEncoding(SheetError):
    """Details: `line` (1-based) of the first byte that is no UTF-8."""

    code = "sheet-encoding"
    message = "The sheet is not UTF-8 text: line {line} cannot be read."
    remedy = "Use a native Google Sheet; an uploaded file may have another encoding."


class SheetBadCsv(SheetError):
    """Details: `line` (1-based)."""

    code = "sheet-bad-csv"
    message = "The sheet's rows cannot be told apart near line {line}."
    remedy = "Check the quotation marks near that line, then start the sync again."


class SheetBlockedAddress(SheetError):
    """Says nothing about the address: the answer may come from somebody who probes us."""

    code = "sheet-blocked-address"
    message = "The sheet's address leads to a blocked address."
    remedy = "Check GOOGLE_SHEETS_URL and GOOGLE_SHEETS_ORIGIN."


class SheetUnavailable(SheetError):
    """Details: `status` of the last answer."""

    code = "sheet-unavailable"
    message = "Google Sheets is not available at present (HTTP {status})."
    remedy = "Try again in some minutes."


class SpotifyError(SyncError):
    """Spotify refuses us as a whole."""


class SpotifyCredentials(SpotifyError):
    """Missing and refused alike."""

    code = "spotify-credentials"
    message = "Spotify credentials not configured. Please check environment variables."
    remedy = (
        "Set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET to those of your app at "
        "https://developer.spotify.com/dashboard and restart."
    )


class SpotifyForbidden(SpotifyError):
    """Details: `text`, what Spotify said."""

    code = "spotify-forbidden"
    message = "Spotify refuses this app: {text}"
    remedy = "Check the app's state at https://developer.spotify.com/dashboard."


class SpotifyPremium(SpotifyForbidden):
    code = "spotify-premium"
    remedy = "The account that owns the Spotify app needs Premium; a change can take some hours."


class SpotifyTokenDown(SpotifyError):
    """Details: `status`. No sync ends with it: it is waited out (`circuit`)."""

    code = "spotify-unavailable"
    message = "Spotify's sign-in service is not available at present (HTTP {status})."
    remedy = "Try again in some minutes."


class SpotifyTokenBad(SpotifyError):
    code = "spotify-bad-answer"
    message = "Spotify's sign-in service gave an answer that we cannot read."
    remedy = "Check SPOTIFY_TOKEN_URL, then try again in some minutes."


class AlbumError(SourceError):
    """One album cannot be synced; the others go on."""

    def __init__(self, candidates: Sequence[Candidate] = (), **details: str | int) -> None:
        super().__init__(**details)
        self.candidates = list(candidates)


class RowIncomplete(AlbumError):
    """Details: `missing`."""

    code = "row-incomplete"
    message = "The row has no {missing}."
    remedy = "Fill in artist and album, or paste the album's Spotify link."


class RowTooLong(AlbumError):
    """Details: `limit`, in characters."""

    code = "row-too-long"
    message = "The artist or the album's title is longer than {limit} characters."
    remedy = "Shorten it; notes belong into another column."


class RowLinkUnsupported(AlbumError):
    """Details: `kind`: track, playlist, artist, short link and so on."""

    code = "row-link-unsupported"
    message = "The Spotify cell holds a {kind}, not an album."
    remedy = "Open the album in Spotify, choose Share, Copy link to album, and paste that."


class RowLinkLost(AlbumError):
    code = "row-link-lost"
    message = (
        "The Spotify cell holds text without an album's link, and the row names no artist and "
        "album. Google exports only the text of a linked cell."
    )
    remedy = "Paste the plain link, or fill in artist and album."


class AlbumNotFound(AlbumError):
    """Details: `id`."""

    code = "album-not-found"
    message = "Spotify has no album with the id {id}."
    remedy = "Paste the album's link again; ids are case-sensitive."


class AlbumIdInvalid(AlbumError):
    """Details: `id`."""

    code = "album-id-invalid"
    message = "Spotify does not accept {id} as an album's id."
    remedy = "Paste the album's link again."


class AlbumTakenDown(AlbumError):
    """Details: `id`. Spotify keeps the id of a withdrawn album and empties its name."""

    code = "album-taken-down"
    message = "Spotify has withdrawn the album {id}."
    remedy = "Paste the link of another release of the album, or remove the row."


class AlbumNoMatch(AlbumError):
    """Details: `artist`, `title`."""

    code = "album-no-match"
    message = "Spotify's search found no album “{title}” by {artist}."
    remedy = "Check the spelling, or paste the album's Spotify link into the row."


class AlbumWeakMatch(AlbumError):
    """Details: `artist`, `title`. `candidates` are at most five, best first."""

    code = "album-weak-match"
    message = "No search result is certain to be “{title}” by {artist}."
    remedy = "Paste the Spotify link of the right album into the row, or add its year."


class AlbumUnavailable(AlbumError):
    """Details: `problem`, what happened in a few words."""

    code = "spotify-unavailable"
    message = "Spotify could not answer for this album at present ({problem})."
    remedy = "Retry the failed albums in some minutes."


class AlbumBadAnswer(AlbumError):
    """Details: `text`, what was wrong, in our words or in Spotify's."""

    code = "spotify-bad-answer"
    message = "Spotify gave an answer for this album that we cannot use: {text}"
    remedy = "Retry the failed albums later; if it happens again, check SPOTIFY_API_URL."


class MustWait(SourceError):
    """A service wants to be left alone for longer than we sit out.

    `until_seconds` counts from now. Calling on before then makes the wait longer
    (https://github.com/spotipy-dev/spotipy/issues/1158).
    """

    message = "{name} asks us to wait {seconds} seconds."
    remedy = "Nothing: the sync goes on by itself after that time."

    def __init__(self, service: Service, until_seconds: int, reason: Reason) -> None:
        super().__init__(name=service.capitalize(), seconds=until_seconds)
        self.code = f"{service}-wait"
        self.service: Service = service
        self.until_seconds = until_seconds
        self.reason: Reason = reason

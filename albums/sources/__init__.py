"""Where albums come from: a Google Sheet, enriched through Spotify.

- `settings`: everything that can be configured, as one frozen dataclass
- `errors`: what can go wrong, each with a code, a message and a remedy
- `text`: cleaning of what strangers wrote
- `http`, `addresses`, `inflate`: one HTTP session with deadlines, retries and limits
- `sheet_url`, `sheet`, `retry_after`, `sheet_columns`, `sheet_rows`, `spotify_id`: from a pasted
  URL to rows
- `folding`, `editions`, `matching`: which search result is the album that a row means
- `gate`, `limiter`, `circuit`, `budget`: when Spotify may be called, and how often
- `spotify_token`, `spotify_api`, `spotify_models`, `spotify`, `enriched`: from a row to an album

Knows nothing of Django, so that it can be used and tested without a project around it.
"""

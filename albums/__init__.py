"""The catalog and where albums come from.

- `fields`: what the log records of an album, and how two states differ
- `models`: Album and AlbumVersion, the projections that pages read
- `by_key`: single rows, in statements that are put together once
- `catalog`: every read of albums, and the only code that writes them
- `sources`: Google Sheets and Spotify, as typed clients with typed errors

Knows nothing of syncing, of Channels or of the log.
"""

"""A script as users of spotipy write it: `spotipy_script.py ORIGIN ROWS` looks up the first rows of
the demo's sheet one after another, a search and its album each, and prints the seconds taken."""

import sys
import time

import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials


def main(origin: str, count: str) -> None:
    rows = requests.get(f"{origin}/library", timeout=60).json()["rows"][: int(count)]
    began = time.perf_counter()
    SpotifyClientCredentials.OAUTH_TOKEN_URL = f"{origin}/api/token"
    credentials = SpotifyClientCredentials(
        client_id="demo-client", client_secret="demo-secret", cache_handler=MemoryCacheHandler()
    )
    spotify = spotipy.Spotify(auth_manager=credentials)
    spotify.prefix = f"{origin}/v1/"
    for row in rows:
        query = f"album:{row['album']} artist:{row['artist']}"
        found = spotify.search(q=query, type="album", limit=10)["albums"]["items"][0]
        album = spotify.album(found["id"])
        assert album["name"] == row["album"]
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A demo in this process, without waiting, and a caller that knows its credentials."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from project.demo import albums
from project.demo.app import build
from project.demo.behaviour import State
from project.demo.sheet import SHEET_ID

EXPORT = f"/spreadsheets/d/{SHEET_ID}/export?format=csv"
BLUE = albums.album_id("Joni Mitchell", "Blue", "1971")
CREDENTIALS = aiohttp.encode_basic_auth("demo-client", "demo-secret")


class Demo:
    """The demo's answers, one method for each thing that a test asks for."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client
        self.token = ""

    async def set(self, **switches: Any) -> dict[str, Any]:
        answer = await self.client.post("/behaviour", json=switches)
        assert answer.status == 200, await answer.text()
        state: dict[str, Any] = await answer.json()
        return state

    async def calls(self) -> dict[str, Any]:
        counts: dict[str, Any] = await (await self.client.get("/calls")).json()
        return counts

    async def sign_in(self) -> aiohttp.ClientResponse:
        form = {"grant_type": "client_credentials"}
        headers = {"Authorization": CREDENTIALS}
        answer = await self.client.post("/api/token", data=form, headers=headers)
        if answer.status == 200:
            self.token = (await answer.json())["access_token"]
        return answer

    async def spotify(self, path: str, **query: Any) -> aiohttp.ClientResponse:
        if not self.token:
            await self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.client.get(f"/v1{path}", params=query, headers=headers)

    async def found(self, query: str) -> list[tuple[str, str, str]]:
        """Return (name, first artist, year) of the first ten albums for a query."""
        answer = await self.spotify("/search", q=query, type="album", limit=10)
        assert answer.status == 200, await answer.text()
        items = (await answer.json())["albums"]["items"]
        return [(one["name"], one["artists"][0]["name"], one["release_date"][:4]) for one in items]

    async def sheet(self, **options: Any) -> aiohttp.ClientResponse:
        return await self.client.get(EXPORT, **options)


@pytest.fixture(scope="session")
def library() -> albums.Library:
    return albums.load()


@pytest.fixture
async def demo(library: albums.Library) -> AsyncIterator[Demo]:
    server = TestServer(build(library, State(speed=0)))
    async with TestClient(server) as client:
        yield Demo(client)

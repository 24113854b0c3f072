"""Bytes at the port of the real server: whatever they are, it answers and stays well."""

import http.client
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.db import connection, connections

from tests.cluster.cluster import Web
from tests.integration.http.answers import HEADERS
from tests.server import Asked, Server, server
from tests.syncing import eventually

__all__ = ["server"]

MIB = 1024 * 1024
ANSWER_LIMIT_S = 20.0
LARGE_BYTES = 64 * MIB
MAX_GROWTH_BYTES = 16 * MIB
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def send(server: Asked, *parts: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    got = b""
    with socket.create_connection(("127.0.0.1", server.port), ANSWER_LIMIT_S) as peer:
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                peer.sendall(part)
        with suppress(ConnectionResetError):
            while piece := peer.recv(MIB):
                got += piece
    return got


def ask(server: Asked, line: bytes, *headers: bytes, body: bytes = b"", who: str = "") -> int:
    """The status of the answer to a request in these bytes; 0 where there is none."""
    head = [line, b"Connection: close", *headers]
    if not any(header.lower().startswith(b"host:") for header in headers):
        head.append(f"Host: 127.0.0.1:{server.port}".encode())
    if who:
        head += [f"{name}: {value}".encode() for name, value in signed_in(server, who).items()]
    got = send(server, b"\r\n".join([*head, b"", body]))
    assert b"Traceback" not in got
    status = re.match(rb"HTTP/1\.\d (\d{3}) ", got)
    return int(status[1]) if status else 0


def signed_in(server: Asked, username: str) -> dict[str, str]:
    cookies = server.login(username)["Cookie"]
    token = cookies.partition("csrftoken=")[2].partition(";")[0]
    return {"Cookie": cookies, "X-CSRFToken": token}


@pytest.fixture(autouse=True)
def quiet(server: Server) -> Iterator[None]:
    """Whatever was sent, the same process runs on and has had no fault to tell of."""
    pid, said = server.pid, len(server.output)
    yield
    assert server.is_running and server.pid == pid
    assert server.get("/healthz") == {"status": "ok"}
    assert "Traceback" not in server.output[said:], server.output[said:]


LINES = {
    b"GET / HTTP/1.1": 302,
    b"GET / HTTP/1.0": 302,
    b"get / HTTP/1.1": 302,
    b"GET http://evil.example/ HTTP/1.1": 404,
    b"GET //evil.example/%2e%2e HTTP/1.1": 404,
    b"GET /%ff%00%c0%ae HTTP/1.1": 404,
    b"GET /%zz%u1234% HTTP/1.1": 404,
    b"GET /static/..%2f..%2fproject/settings.py HTTP/1.1": 404,
    b"GET /static/%00 HTTP/1.1": 404,
    b"GET /ws/sync/ HTTP/1.1": 404,
    b"GET /\xff HTTP/1.1": 400,
    b"GET /?q=\xff HTTP/1.1": 400,
    b"GET /\0 HTTP/1.1": 400,
    b"G\xc9T / HTTP/1.1": 400,
    b"GET / HTTP/9.9": 400,
    b"GET": 400,
    b"PROPFIND / HTTP/1.1": 403,  # Django's CSRF check comes before the method's
    b"TRACE / HTTP/1.1": 405,
    b"OPTIONS * HTTP/1.1": 404,
    b"CONNECT evil.example:80 HTTP/1.1": 404,
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1": 0,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,  # TLS at a port without it
}


def test_any_first_line(server: Server) -> None:
    for line, status in LINES.items():
        assert ask(server, line) == status, line[:80]


HEADER_LINES: dict[bytes, set[int]] = {
    b"Host: evil.example": {400},
    b"Host: 127.0.0.1:x": {400},
    b"Host: \xff": {400},
    b"Host: a\r\nHost: b": {400},
    b"Cookie: sessionid=\xff\xfe": {302},
    b"Cookie: sessionid=aaaaaaaaaa\0b": {400},
    b'Cookie: sessionid="aaaaaaaaaa\\000b"': {302},
    b"X: " + b"a" * 100_000: {0, 400},
    b"Content-Length: -1": {400},
    b"Content-Length: x": {400},
    b"Content-Length: 1\r\nContent-Length: 5": {400},
    b"Content-Length: 1\r\nTransfer-Encoding: chunked": {400},
    b"Transfer-Encoding: nonsense": {400},
    b"Daphne-Root-Path: \xff": {302},
    b"Content-Type: text/plain; charset*=nope''x": {302, 400},
    b"Accept: x/y;q*=nope''1": {302},
    b"Accept: x/y; q*=utf-8''1; q*0=1": {302},
    b"Content-Type: text/plain; a*=utf-8''x; a*0=y": {302, 400},
    b'Content-Type: a/b; x="' + b";" * 10_000: {302, 400},
    b"Expect: 100-continue": {100},
    b"Upgrade: h2c\r\nConnection: Upgrade": {302},
    b"no colon": {400},
    b": no name": {400},
    b"\r\n ".join([b"X: folded", b"once"]): {302, 400},
}


def test_any_header(server: Server) -> None:
    for header, statuses in HEADER_LINES.items():
        assert ask(server, b"GET / HTTP/1.1", header) in statuses, header[:80]


UPGRADE = (
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    b"Sec-WebSocket-Version: 13",
)


def test_headers_of_a_proxy_and_of_a_socket_may_be_any_bytes(
    server: Server, tmp_path: Path
) -> None:
    web = Web(tmp_path / "web.log", server.environment)
    web.start()
    try:
        for port in (b"\xff", b"-1", b"9" * 5000):
            proxied = (b"X-Forwarded-For: 192.0.2.1", b"X-Forwarded-Port: " + port)
            assert ask(web, b"GET / HTTP/1.1", *proxied) == 302
        for address in (b"203.0.113.5:80", b"[2001:db8::1]:443", b"unknown", b"", b"\xff, 1.2.3.4"):
            proxied = b"X-Forwarded-For: " + address
            wrong = b"username=viewer&password=wrong"
            form = (FORM.strip(), b"Content-Length: %d" % len(wrong))
            token = b"a" * 32
            ours = (b"Cookie: csrftoken=" + token, b"X-CSRFToken: " + token)
            sign_in = b"POST /accounts/login/ HTTP/1.1"
            assert ask(web, sign_in, proxied, *form, *ours, body=wrong) == 200
            assert ask(web, b"GET /nowhere/ HTTP/1.1", proxied, *UPGRADE) == 403
        proxied = (b"X-Forwarded-For: 192.0.2.1", b"X-Forwarded-Proto: \xff")
        assert ask(web, b"GET / HTTP/1.1", *proxied) == 302
        odd = b"Sec-WebSocket-Protocol: \xff"
        assert ask(web, b"GET /nowhere/ HTTP/1.1", odd, *UPGRADE) == 403
        assert "Traceback" not in web.output
    finally:
        web.stop()


def test_of_several_proxies_the_first_says_whether_it_was_https(
    server: Server, tmp_path: Path
) -> None:
    web = Web(tmp_path / "web.log", server.environment | {"HTTPS": "1"})
    web.start()
    try:
        for said, status in ((b"https, http", 200), (b"http, https", 301), (b"gopher", 301)):
            proxied = (b"X-Forwarded-For: 192.0.2.1", b"X-Forwarded-Proto: " + said)
            assert ask(web, b"GET /accounts/login/ HTTP/1.1", *proxied) == status
    finally:
        web.stop()


def test_no_header_says_where_the_site_is(server: Server) -> None:
    for header in (
        b"Daphne-Root-Path: //evil.example",
        b"X-Forwarded-Host: evil.example",
        b"X-Script-Name: //evil.example",
        b"Forwarded: host=evil.example",
    ):
        host = f"Host: 127.0.0.1:{server.port}".encode()
        got = send(server, b"\r\n".join([b"GET / HTTP/1.0", host, header, b"", b""]))
        assert b"Location: /accounts/login/?next=/\r\n" in got, header


PARTS = b"--x\r\nContent-Disposition: form-data; %s\r\n\r\ny\r\n--x--\r\n"
FORMS = (
    (b"application/x-www-form-urlencoded; charset=hex", b"mode=nope"),
    (b"application/x-www-form-urlencoded; charset=nope", b"mode=nope"),
    (b"text/plain; charset*=nope''x", b"mode=nope"),
    (b"application/x-www-form-urlencoded; charset*=utf-8''x%00y", b"mode=nope"),
    (b"multipart/form-data", b"x"),
    (b"multipart/form-data; boundary=x; charset=idna", b"x"),
    (b"multipart/form-data; boundary=" + b"x" * 300, b"x"),
    (b'multipart/form-data; boundary="\xff"', b"x"),
    (b"multipart/form-data; boundary=x", PARTS % b"name*=utf-8''x; name*0=y"),
)


def test_any_form(server: Server) -> None:
    for kind, body in FORMS:
        length = f"Content-Length: {len(body)}".encode()
        for who in ("admin", ""):
            status = ask(
                server,
                b"POST /syncs/ HTTP/1.1",
                b"Content-Type: " + kind,
                length,
                body=body,
                who=who,
            )
            assert status in (400, 403), kind


def test_a_field_that_is_not_named_as_others_are_is_none(server: Server) -> None:
    kinds = (
        (b"multipart/form-data; boundary=x", PARTS % b"name*=utf-8''mode"),
        (b"multipart/form-data; boundary=x", PARTS % b"name*=nope''mode"),
        (b"a/b; x*0*", b"mode=nope"),
    )
    for kind, body in kinds:
        length = b"Content-Length: %d" % len(body)
        line = b"POST /syncs/ HTTP/1.1"
        sent = (b"Content-Type: " + kind, length)
        assert ask(server, line, *sent, body=body, who="viewer") == 403


NESTED = 300  # parts, each within the one before
# Whoever takes it apart as mail looks for each of the boundaries in every line.
LABYRINTH = b"--b0\r\n" + b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
    for number in range(1, NESTED)
)


def test_a_form_that_takes_long_to_take_apart_is_not_taken_apart(server: Server) -> None:
    kind = b"Content-Type: multipart/form-data; boundary=b0"
    body = LABYRINTH.ljust(MIB - 1, b"\n")
    length = b"Content-Length: %d" % len(body)
    assert ask(server, b"POST /healthz HTTP/1.1", kind, length, body=body) in (400, 403, 405)


def test_a_large_body_costs_no_memory(server: Server) -> None:
    before = server.rss_bytes
    host = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
    head = host + b"Connection: close\r\n" + FORM
    length = f"Content-Length: {LARGE_BYTES}\r\n\r\n".encode()
    parts = [b"x" * MIB] * (LARGE_BYTES // MIB)
    got = send(server, head + length, *parts)
    assert got.startswith(b"HTTP/1.1 413 ")
    assert all(f"{name}: {value}".encode() in got for name, value in HEADERS.items())
    chunk = f"{MIB:x}\r\n".encode() + parts[0] + b"\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    got = send(server, chunked, *[chunk] * len(parts), b"0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 413 ")
    grown = server.rss_bytes - before
    print(f"two bodies of {LARGE_BYTES // MIB} MiB: {grown / MIB:.1f} MiB more in memory")
    assert grown < MAX_GROWTH_BYTES


def test_every_static_file_is_sent_with_the_headers(server: Server) -> None:
    page = server.page("/", "superuser")
    admin = server.page("/admin/", "superuser")
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page + admin))
    assert len(files) > 20
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as peer:
        for path in sorted(files):
            peer.request("GET", path)
            answer = peer.getresponse()
            answer.read()
            assert answer.status == 200, path
            sent = {name: answer.getheader(name) for name in HEADERS}
            assert sent == HEADERS, path
            assert "object-src 'none'" in str(answer.getheader("Content-Security-Policy")), path


def open_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        ((count,),) = cursor.fetchall()
        return int(count)


def test_pages_of_errors_leave_no_connection_open(server: Server) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite itself keeps files open that a connection has closed")

    def all_pages(number: int) -> None:
        for path in ("/nowhere", "/albums/00000000-0000-0000-0000-000000000000/", "/syncs/"):
            who = "viewer" if path == "/syncs/" else "admin"
            status = ask(server, f"GET {path} HTTP/1.1".encode(), b"Accept: text/html", who=who)
            assert status == (403 if path == "/syncs/" else 404)

    for who in ("viewer", "admin"):
        server.login(who)
    all_pages(0)
    before = open_connections()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(all_pages, range(16)))
    # One of the server's threads may be at work.
    eventually(lambda: open_connections() <= before + 1)
    connections.close_all()

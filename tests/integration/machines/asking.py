"""Requests as nobody's browser would send them, with headers and addresses of one's choice."""

import http.client
import ssl
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.cluster.certificate import HOST
from tests.cluster.cluster import Cluster

ANSWER_LIMIT_S = 60.0


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes


def get(
    cluster: Cluster, path: str, headers: dict[str, str] | None = None, form: bytes | None = None
) -> Answer:
    """The answer of the proxy, whatever its status; to a POST with a form."""
    nginx = cluster.nginx
    request = urllib.request.Request(nginx.origin + path, form, headers or {})
    try:
        with nginx.opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def sign_in(
    cluster: Cluster, source: str, username: str, password: str, headers: dict[str, str]
) -> int:
    """By the form, from an address of this machine; returns the status."""
    nginx = cluster.nginx
    token = "t" * 32
    form = {"csrfmiddlewaretoken": token, "username": username, "password": password}
    form_headers = {
        "Cookie": f"csrftoken={token}",
        "Referer": f"{nginx.origin}/",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = http.client.HTTPSConnection(
        HOST,
        nginx.port,
        timeout=ANSWER_LIMIT_S,
        source_address=(source, 0),
        context=ssl.create_default_context(cafile=nginx.certificate),
    )
    with closing(connection):
        connection.request("POST", "/accounts/login/", urlencode(form), headers | form_headers)
        with connection.getresponse() as answer:
            return answer.status

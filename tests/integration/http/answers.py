"""What every answer must be, whatever was asked: safe headers, and errors in words."""

import re
from typing import Any

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DIRECTIVES = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


def is_safe(answer: Any, what: object = "") -> None:
    """The headers are there, and the policy allows no script of the page's own."""
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, (what, name)
    policy = answer.headers["Content-Security-Policy"]
    assert set(re.split("; ?", policy)) >= DIRECTIVES, (what, policy)
    assert "unsafe" not in policy and "script-src" not in policy, (what, policy)


def error(answer: Any) -> dict[str, str]:
    """The error in a program's answer, whose form is checked."""
    assert answer.headers["Content-Type"] == "application/json", answer.content
    assert answer.json().keys() == {"error"}
    found: dict[str, str] = answer.json()["error"]
    assert found.keys() == {"code", "message", "remedy"}
    assert all(found.values())
    return found

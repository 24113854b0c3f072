"""How axes counts the tries to sign in, and what it answers to one too many."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MAX_NAME_CHARS = 255  # of axes' column


def name_tried(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """`AXES_USERNAME_CALLABLE`: the name as axes can store it. Forms take any length."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(name)[:MAX_NAME_CHARS]


def locked_out(request: HttpRequest, *details: Any) -> HttpResponse:
    """`AXES_LOCKOUT_CALLABLE`."""
    return render(request, "lockout.html", status=429)

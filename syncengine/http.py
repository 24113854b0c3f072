"""What the HTTP doors share: who may enter, and errors that say what to do."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from syncengine.models import SPOILED
from syncengine.outages import in_a_line

logger = logging.getLogger("groovelog.http")

View = Callable[..., HttpResponseBase]
NOT_ALLOWED = "not-allowed"
SIGN_INS = ("/accounts/login/", "/admin/login/")


class HttpError(Exception):
    """An answer with `{"error": {"code", "message", "remedy"}}`."""

    def __init__(self, status: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.remedy = remedy

    def as_response(self) -> JsonResponse:
        error = {"code": self.code, "message": self.message, "remedy": self.remedy}
        return JsonResponse({"error": error}, status=self.status)


def wants_json(request: HttpRequest) -> bool:
    """Whether JSON is preferred: browsers name HTML first, programs JSON or nothing."""
    try:
        return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    except (ValueError, LookupError, TypeError):
        return False  # an Accept header that cannot be read


def is_program(request: HttpRequest) -> bool:
    """Whether errors are told as JSON: it is asked for, or it is all that there is."""
    return request.path.startswith("/api/") or wants_json(request)


def door(may_enter: Callable[[Any], bool] | None = None) -> Callable[[View], View]:
    """Admit who is signed in and, where given, whom `may_enter` lets in.

    Others get 401 or 403, programs as JSON, people as a redirect to the sign-in page or the 403
    page. An HttpError becomes its answer.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                admit(request, may_enter)
                return view(request, *args, **kwargs)
            except HttpError as error:
                if is_program(request):
                    return error.as_response()
                if error.status == 401:
                    return redirect_to_login(request.get_full_path())
                if error.code == NOT_ALLOWED:  # which has a page of its own
                    raise PermissionDenied(error.message) from error
                return error_page(request, error)

        return guarded

    return decorate


def admit(request: HttpRequest, may_enter: Callable[[User], bool] | None) -> None:
    """Raise an HttpError with 401 for who is signed out, with 403 for whom `may_enter` refuses."""
    if not request.user.is_authenticated:
        raise HttpError(401, "signed-out", "You are signed out.", "Sign in and try again.")
    if may_enter is not None and not may_enter(request.user):
        raise HttpError(
            403,
            NOT_ALLOWED,
            "Your account may not do this.",
            "Ask an administrator to add your account to the group that may.",
        )


def error_page(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The same error for people."""
    return render(request, "error.html", {"error": error}, status=error.status)


@contextmanager
def of_a_sound_log() -> Iterator[None]:
    """Raises HttpError (409) where the log that is told of in the block has been changed by
    somebody or something, so that an event of it cannot be read."""
    try:
        yield
    except SPOILED as error:
        logger.error("an event cannot be told: %s", in_a_line(error))
        raise HttpError(
            409,
            "log-does-not-hold",
            "What was recorded here cannot be read any more: somebody or something has changed it.",
            "The page of the proof verifies the log and says up to which position it holds. An"
            " export has what is left.",
        ) from error

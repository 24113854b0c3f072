"""Errors that Django, axes and the CSRF check answer for us: `{"error": …}` for programs, as our
own doors answer, and a page for people."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.csrf import csrf_failure

from syncengine.http import HttpError, is_program

Answer = Callable[[HttpRequest], HttpResponseBase]

ERRORS = {
    error.status: error
    for error in (
        HttpError(
            400,
            "bad-request",
            "The request cannot be understood.",
            "Check the address and what was sent with it.",
        ),
        HttpError(
            403,
            "not-allowed",
            "Your account may not do this.",
            "Ask an administrator to add your account to the group that may.",
        ),
        HttpError(404, "not-found", "There is nothing here.", "Check the address."),
        HttpError(
            405,
            "wrong-method",
            "This address does not take requests of this kind.",
            "The header Allow of this answer names those that it takes.",
        ),
        HttpError(413, "too-large", "The request is too large.", "Send less at a time."),
        HttpError(
            429,
            "too-many-tries",
            "Signing in with this name is paused, because the password was wrong too often.",
            "Try again in a quarter of an hour.",
        ),
        HttpError(
            500,
            "server-error",
            "Something went wrong on the server.",
            "Try again; if it happens again, the server’s log has the reason.",
        ),
    )
}
PAGES = {403: "403.html", 404: "404.html"}
FORGED = HttpError(
    403,
    "csrf",
    "The request does not show that it comes from this site.",
    "Send the cookie csrftoken in the header X-CSRFToken as well.",
)


def in_words(get_response: Answer) -> Answer:
    """Middleware: an error that says nothing becomes JSON where a program asked, else a page."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        error = ERRORS.get(response.status_code)
        if error is None or not isinstance(response, HttpResponse):
            return response
        if is_program(request):
            if response["Content-Type"] != "application/json":
                _fill(response, error.as_response().content, "application/json")
        elif not response.content:
            template = PAGES.get(error.status, "error.html")
            page = render_to_string(template, {"error": error}, request)
            _fill(response, page.encode(), "text/html; charset=utf-8")
        return response

    return middleware


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler400`. Like the next two it only says which error it is; `in_words` does the
    rest."""
    return HttpResponse(status=400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler403`."""
    return HttpResponse(status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`."""
    return HttpResponse(status=404)


def forged(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Django's `CSRF_FAILURE_VIEW`."""
    if is_program(request):
        return FORGED.as_response()
    page: HttpResponseBase = csrf_failure(request, reason)
    return page


def _fill(response: HttpResponse, content: bytes, content_type: str) -> None:
    """Give an answer another content; its other headers and its cookies stay."""
    response.content = content
    response["Content-Type"] = content_type
    if "Content-Length" in response:
        response["Content-Length"] = str(len(content))

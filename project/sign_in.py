"""The page to sign in, how axes counts the tries, and what it answers to one too many."""

from ipaddress import IPv6Address, ip_address
from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MAX_NAME_CHARS = 255  # of axes' column
NETWORK_BITS = 64  # of an IPv6 address: its owner chooses all others (RFC 4291, 2.5.1)


class SignIn(LoginView):
    """Django's, but where somebody who is signed in is to be led to this page itself, which Django
    takes for a mistake of ours, it leads to the catalog."""

    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        url: str = super().get_redirect_url()
        return "" if url == self.request.path else url


def name_tried(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """`AXES_USERNAME_CALLABLE`: the name as axes can store it. Forms take any length."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(name)[:MAX_NAME_CHARS]


def counted_address(request: HttpRequest) -> str | None:
    """`AXES_CLIENT_IP_CALLABLE`: by which address tries are counted. Of an IPv6 address it is the
    network, since whoever has one address of it has all of them."""
    text: str | None = request.META.get("REMOTE_ADDR")
    try:
        address = ip_address(text or "")
    except ValueError:
        return text  # nobody has one behind a socket of Unix
    if not isinstance(address, IPv6Address) or address.ipv4_mapped:
        return text
    return str(IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS))


def locked_out(request: HttpRequest, *details: Any) -> HttpResponse:
    """`AXES_LOCKOUT_CALLABLE`."""
    return render(request, "lockout.html", status=429)

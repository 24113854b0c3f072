"""Every address of the product."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path

import frontend.history_page
import syncengine.views
from project.sign_in import SignIn


def syncs(request: HttpRequest) -> HttpResponseBase:
    """`/syncs/`: a POST starts a sync, everything else reads the history."""
    view = syncengine.views.start if request.method == "POST" else frontend.history_page.history
    answer: HttpResponseBase = view(request)
    return answer


handler400 = "project.errors.bad_request"
handler403 = "project.errors.not_allowed"
handler404 = "project.errors.not_found"
handler500 = "project.outages.server_error"
urlpatterns = [
    path("", include("frontend.urls")),
    path("syncs/", syncs, name="syncs"),
    path("", include("syncengine.urls")),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]

"""Every address of the product."""

import frontend.views
from django.contrib import admin
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

import syncengine.views


def syncs(request: HttpRequest) -> HttpResponse:
    """`/syncs/`: a POST starts a sync, everything else reads the history."""
    if request.method == "POST":
        return syncengine.views.start(request)
    return frontend.views.history(request)


urlpatterns = [
    path("", include("frontend.urls")),
    path("syncs/", syncs, name="syncs"),
    path("", include("syncengine.urls")),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]

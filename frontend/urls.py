from django.urls import path

from frontend import compare_page, logo, views

urlpatterns = [
    path("", views.catalog, name="catalog"),
    path("albums/<uuid:album_id>/", views.album, name="album"),
    path("spotify-logo", logo.spotify_logo, name="spotify-logo"),
    path("syncs/compare/", compare_page.comparison, name="compare"),
    path("syncs/<uuid:operation_id>/", views.sync, name="sync"),
]

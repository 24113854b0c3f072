from django.urls import path

from frontend import views

urlpatterns = [
    path("", views.catalog, name="catalog"),
    path("albums/<uuid:album_id>/", views.album, name="album"),
    path("syncs/<uuid:operation_id>/", views.sync, name="sync"),
]

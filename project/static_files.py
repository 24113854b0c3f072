"""Static files under names that carry the hash of their content, imports in modules included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedModulesStorage(ManifestStaticFilesStorage):
    """Django leaves the imports inside ES modules alone unless told otherwise, and a page would
    then load half of a new release from the browser's cache."""

    support_js_module_import_aggregation = True

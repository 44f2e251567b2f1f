"""The person's addresses: each page brings its own."""

from dashboard import pages

urlpatterns = pages.urlpatterns()

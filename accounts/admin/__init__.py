"""The administrator's door. Signed in through allauth like everybody; revocation at its centre; shows no secret."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from accounts.admin import addresses, credentials, people, records, refusing, second_factors

admin.site.site_header = "Portcullis"
admin.site.site_title = "Portcullis admin"
admin.site.index_title = "Who can come in, and what ended"
admin.site.admin_view = refusing.plainly(admin.site.admin_view)  # type: ignore[method-assign,assignment]
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

__all__ = ["addresses", "credentials", "people", "records", "second_factors"]

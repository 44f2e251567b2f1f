"""E-mail addresses: to look at alone. Whoever sets somebody's address has their account: each proves a new one by mail.

And simplejwt's own tables are no page here: what they say of a grant is on the grant's, where it is ended too.
"""

from allauth.account import admin as allauths
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib import admin

from accounts.admin.readonly import ReadOnlyAdmin

admin.site.unregister([EmailAddress, *apps.get_app_config("token_blacklist").get_models()])


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["email", "user__email"]
    fields = ["email", "user", "primary", "verified"]


__all__ = ["allauths"]

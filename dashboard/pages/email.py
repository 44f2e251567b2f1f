"""The page of one's address: allauth's own, but the rows that it asks for three times are read once."""

from typing import Any

from allauth.account import views
from allauth.account.models import EmailAddress
from django.urls import path


class EmailView(views.EmailView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What allauth's template shows where an address is changed rather than added (ACCOUNT_CHANGE_EMAIL)."""
        addresses = list(EmailAddress.objects.filter(user=self.request.user).order_by("-primary", "pk"))
        context = super(views.EmailView, self).get_context_data(**kwargs)  # past allauth's, which would ask again
        return {
            **context,
            "emailaddresses": addresses,
            "add_email_form": context["form"],
            "can_add_email": True,
            "current_emailaddress": next((address for address in addresses if address.verified), None),
            "new_emailaddress": next((address for address in reversed(addresses) if not address.verified), None),
        }


urlpatterns = [path("accounts/email/", EmailView.as_view(), name="account_email")]

"""Client assertions that were used (RFC 7523): each works once, so its `jti` is kept until it would have run out."""

from django.db import models


class UsedAssertion(models.Model):
    # SHA-256 of client and `jti`.
    jti_hash = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.jti_hash

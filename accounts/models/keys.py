"""The key pairs that sign tokens. Private halves are encrypted; accounts.keys is the only one to decrypt them."""

from django.db import models
from django.utils import timezone


class SigningKey(models.Model):
    kid = models.CharField(primary_key=True, max_length=43, help_text="RFC 7638 thumbprint of the public key.")
    algorithm = models.CharField(max_length=10)
    public_pem = models.TextField()
    private_encrypted = models.TextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    signs_at = models.DateTimeField(default=timezone.now, help_text="Published before, so that all know it by then.")
    retires_at = models.DateTimeField(null=True, help_text="All that it signed has run out by then.")
    revoked_at = models.DateTimeField(null=True, editable=False, help_text="From then on nothing that it signed holds.")

    class Meta:
        ordering = ["created_at", "kid"]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.kid}"

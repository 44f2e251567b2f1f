"""The heart: people, their credentials, and the one act that ends them."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

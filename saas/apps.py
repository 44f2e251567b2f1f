"""The house as a whole: what `manage.py check --deploy` looks at besides the settings."""

from django.apps import AppConfig
from django.core import checks


class SaasConfig(AppConfig):
    name = "saas"

    def ready(self) -> None:
        from saas import static  # noqa: PLC0415  # settings are not there yet while this is read

        checks.register(static.are_collected, deploy=True)

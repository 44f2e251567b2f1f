"""A great many people, sessions and grants, made by the database itself in seconds: copies of one row each.

The copying connection skips foreign keys and triggers, so it is for new databases alone. Whatever columns the models
have, they are copied; only what must differ is said here.
"""

from typing import Any

from django.db import connection
from django.db.models import Model
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import Grant, Membership, Organisation, Session, User
from benchmarks import world

USER = "md5('user' || {})::uuid"


def gather(*, users: int, sessions: int, grants: int, first: int = 0) -> Organisation:
    """An organisation of so many people, who share the sessions and grants evenly. `first` keeps ids apart."""
    template = world.people(1)[0]
    organisation = template.memberships.get().organisation
    grant = world.grants([template], world.integration_of(template))[0]
    world.session_keys([template], "accounts.sessions")
    own, holder = USER.format("i"), USER.format(f"({first} + mod(i, {users}))")
    numbers = (first, first + users)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
    _copy(User, template.pk, numbers, id=own, email="'person' || i || '@example.com'")
    _copy(Membership, template.memberships.get().pk, numbers, id=f"i + {1000 + first}", user_id=own)
    last = OutstandingToken.objects.latest("pk").pk
    numbers = (first, first + grants)
    outstanding = {"id": f"{last} + 1 + i - {first}", "jti": "lpad(to_hex(i), 32, '0')", "user_id": holder}
    _copy(OutstandingToken, grant.outstanding_id, numbers, **outstanding)
    theirs = {"id": "gen_random_uuid()", "user_id": holder, "outstanding_id": outstanding["id"]}
    _copy(Grant, grant.pk, numbers, **theirs)
    unique = {"key_hash": "md5('a' || i) || md5('b' || i)", "public_id": "gen_random_uuid()", "user_id": holder}
    _copy(Session, Session.objects.get(user=template).pk, (first, first + sessions), **unique)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [_table(OutstandingToken), last + grants + 1]
        )
        cursor.execute("SET session_replication_role = origin")
    return organisation


def settle() -> None:
    """As autovacuum would leave it."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def _copy(model: type[Model], pk: Any, numbers: tuple[int, int], **different: str) -> None:
    """Copies of that row for the numbers i from the first up to the last, which has none. Values are SQL."""
    columns = [str(field.column) for field in model._meta.concrete_fields]
    values = ", ".join(different.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    assert model._meta.pk is not None
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model)} ({names}) SELECT {values} "  # noqa: S608  # names of the models' own
            f'FROM {_table(model)} t, generate_series(%s::int, %s::int) i WHERE t."{model._meta.pk.column}" = %s',
            [numbers[0], numbers[1] - 1, pk],
        )


def _table(model: type[Model]) -> str:
    return model._meta.db_table

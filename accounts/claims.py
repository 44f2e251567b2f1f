"""What a token of ours says, once it is verified. Whether it still lets anybody in is asked elsewhere."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says. `subject` is the user's id, or the client's for its own token; times are in seconds.

    Immutable, because one object serves all requests with the same token.
    """

    jti: str
    subject: uuid.UUID
    client_id: uuid.UUID
    grant: uuid.UUID
    organisation: uuid.UUID
    scopes: tuple[str, ...]
    epoch: int
    kid: str
    iat: int
    exp: int
    # As the revocation list has them.
    subject_hex: str
    grant_hex: str

    @property
    def is_the_clients_own(self) -> bool:
        return self.subject == self.client_id

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.exp, timezone.get_default_timezone())

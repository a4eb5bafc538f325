"""Every error of the kernel, in one tree. The docstring is what it means.

Rejected            final: a no with a code and words; stored, so a repeat hears the same
Transient           nothing is known to have happened; ask again with the same id
  Busy              the queue is full
  NotLeading        another replica commits
  Unreachable       Postgres, NATS or the other service does not answer
  TooLate           the deadline passed
  Unparkable        a followed event can be neither applied nor parked
Misconfigured       an operator must change something; says what
  Fork              the log and what others have seen of it differ
"""

import asyncpg
import nats.errors

from contracts.envelope import Refusal

DATABASE_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What asyncpg raises when PostgreSQL does not answer, or not in time; try again after a pause.

The last comes of its pool when a connection is lost at the moment it is handed back.
"""

NATS_AWAY = (OSError, TimeoutError, nats.errors.Error)
"""What nats-py raises when NATS does not answer; JetStream's own errors are among them."""


class Rejected(Exception):
    """A final no. `code` is stable; `nl` and `en` say what is so and what is possible now."""

    def __init__(self, code: str, nl: str, en: str, **facts: int | str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code=code, nl=nl, en=en, facts=facts)


class Transient(Exception):
    """Try again with the same id."""

    retry_after_ms = 500


class Busy(Transient):
    """Too many commands are waiting; try again in a second."""

    retry_after_ms = 1000


class NotLeading(Transient):
    """This replica does not commit (any more)."""

    retry_after_ms = 200


class Unreachable(Transient):
    """A part this needs does not answer right now."""


class TooLate(Transient):
    """The deadline passed before it was this one's turn: nobody waits for the answer any more."""


class Unparkable(Transient):
    """A followed event can be neither applied nor parked: what its source's own log holds may be right."""


class Misconfigured(Exception):
    """Something outside the program must change before it can go on; the text says what."""


class Fork(Misconfigured):
    """Others have seen events of this log that it does not hold: it was put back to an older copy."""


NOT_ALLOWED = Refusal(
    code="not_allowed",
    nl="Dit mag u niet met deze sleutel. Vraag een coördinator om hulp.",
    en="You may not do this with this key. Ask a coordinator for help.",
)
TOO_LARGE = Refusal(
    code="too_large",
    nl="Dit bericht is te groot: hoogstens 64 kB. Maak het korter.",
    en="This message is too large: at most 64 kB. Make it shorter.",
)
KEY_REUSED = Refusal(
    code="idempotency_key_reused",
    nl="Deze Idempotency-Key is al gebruikt voor een andere inhoud. Gebruik een nieuwe sleutel.",
    en="This Idempotency-Key was already used with other content. Use a new key.",
)
UNSTORABLE = Refusal(
    code="unstorable",
    nl="Hier staat een teken dat wij niet kunnen bewaren. Typ de tekst opnieuw.",
    en="This contains a character that cannot be stored. Please type the text again.",
)

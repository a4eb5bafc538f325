"""The console's session: a signed cookie that says which key signed in, and nothing else.

Nothing is kept on the server: the signature is the region's (`secrets.web`). A key that
leaves the configuration ends its sessions. Every form carries a token bound to the session
(against cross-site request forgery); signing in starts a new session.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from contracts.envelope import Role
from services.coordinator.keys import Holder, Keys
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region

LASTS_SECONDS = 12 * 60 * 60
SHORTEST_SECRET = 16
MAY_SIGN_IN = (Role.COORDINATOR, Role.OPERATOR, Role.REFERRER)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. `holder` is the coordinator or operator who signed in; None before that."""

    id: str
    holder: Holder | None
    csrf: str


class Sessions:
    """Makes and reads the sessions of one region. Raises Misconfigured without a secret to sign with."""

    def __init__(self, region: Region, keys: Keys) -> None:
        secret = region.secrets.web.get_secret_value()
        if len(secret) < SHORTEST_SECRET:
            raise Misconfigured(
                f"Secrets: set `web` to a random text of at least {SHORTEST_SECRET} characters; "
                "the console signs its sessions with it."
            )
        # Cookies know no ports: two regions on one machine need names of their own.
        self._cookie = f"wederdienst-{region.region}"
        self._keys = keys
        self._secret = secret.encode()

    def of(self, request: Request) -> Session | None:
        """The session of this browser; None when it has none, or one that is over."""
        said, _, signature = request.cookies.get(self._cookie, "").rpartition(".")
        if not hmac.compare_digest(self._sign("session", said).encode(), signature.encode()):
            return None
        # Only what was signed here gets this far, so it has the form that `keep` gave it.
        id, fingerprint, ends = said.split(".")
        if int(ends) < time.time():
            return None
        return self._session(id, self._keys.still_held(fingerprint))

    def begin(self, presented: str | None = None) -> Session:
        """A new session; signed in when `presented` is a coordinator's or operator's key."""
        holder = self._keys.holder(presented) if presented else None
        if holder is not None and holder.actor.role not in MAY_SIGN_IN:
            holder = None
        return self._session(secrets.token_urlsafe(18), holder)

    def _session(self, id: str, holder: Holder | None) -> Session:
        token = self._sign("csrf", f"{id}.{holder.fingerprint if holder else ''}")
        return Session(id, holder, token)

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()

    def keep(self, session: Session, request: Request, response: Response) -> None:
        """Give the browser its session. Scripts and other sites never get it."""
        fingerprint = session.holder.fingerprint if session.holder else ""
        said = f"{session.id}.{fingerprint}.{int(time.time()) + LASTS_SECONDS}"
        response.set_cookie(
            self._cookie,
            f"{said}.{self._sign('session', said)}",
            max_age=LASTS_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

    def end(self, response: Response) -> None:
        response.delete_cookie(self._cookie, httponly=True, samesite="strict")


def same_token(session: Session, given: object) -> bool:
    """Whether a form's token is this session's."""
    return isinstance(given, str) and hmac.compare_digest(session.csrf.encode(), given.encode())

"""The region's HTTP API, as the people of the demo use it."""

from collections.abc import Collection
from typing import Any, Self
from uuid import UUID

import httpx

from services.kernel.service import new_id
from services.region.demo.cast import Login
from services.region.demo.steps import NotAsExpected


class Api:
    """Calls with someone's key. Every answer is checked on its status; a new wish has a new key."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        by: Login,
        expect: Collection[int] = (201,),
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """What the API answers to a wish. Raises NotAsExpected for another status."""
        response = self._send("POST", path, body, by, idempotency_key)
        return _checked(response, expect)

    def get(self, path: str, *, by: Login) -> dict[str, Any]:
        """What can be read there. Raises NotAsExpected when it cannot."""
        return _checked(self._client.get(path, headers=_headers(by)), (200,))

    def delete(self, path: str, *, by: Login) -> None:
        """Withdraw what is there. Raises NotAsExpected when that is refused."""
        _checked(self._send("DELETE", path, None, by), (204,))

    def refusal(self, path: str, body: dict[str, Any], *, by: Login, code: str) -> str:
        """The Dutch sentence of the refusal with this code. Raises NotAsExpected for any other answer."""
        return _refusal(self._send("POST", path, body, by), code)

    def not_told(self, path: str, *, by: Login, code: str) -> str:
        """The same for what cannot be read there."""
        return _refusal(self._client.get(path, headers=_headers(by)), code)

    def found(self, path: str, *, by: Login) -> bool:
        """Whether there is something to read."""
        return self._client.get(path, headers=_headers(by)).status_code == 200

    def _send(
        self, method: str, path: str, body: Any, by: Login, idempotency_key: str | None = None
    ) -> httpx.Response:
        headers = {**_headers(by), "Idempotency-Key": idempotency_key or str(new_id())}
        return self._client.request(method, path, json=_plain(body) if body else None, headers=headers)


def _headers(by: Login) -> dict[str, str]:
    return {"Authorization": f"Bearer {by.key}"}


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in body.items()}


def _checked(response: httpx.Response, expect: Collection[int]) -> dict[str, Any]:
    if response.status_code not in expect:
        raise NotAsExpected(" or ".join(map(str, expect)), _in_short(response))
    answer: dict[str, Any] = response.json() if response.content else {}
    return {**answer, "status_code": response.status_code}


def _refusal(response: httpx.Response, code: str) -> str:
    problem = response.json() if response.status_code >= 400 else {}
    if problem.get("code") != code:
        raise NotAsExpected(f"a refusal: {code}", _in_short(response))
    return f"{response.status_code} {code}: {problem['detail_nl']}"


def _in_short(response: httpx.Response) -> str:
    """Status and, for a problem, its code and sentence."""
    try:
        problem = response.json()
    except ValueError:
        return str(response.status_code)
    return f"{response.status_code} {problem.get('code', '')} {problem.get('detail', '')}".strip()

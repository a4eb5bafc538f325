"""The console as a browser without scripts sees it."""

import re

import httpx

from services.region.demo.cast import Login
from tests.harness.town import NOOR


class Console:
    """A browser without scripts, in which someone is signed in."""

    def __init__(self, address: str, who: Login = NOOR) -> None:
        self.http = httpx.Client(base_url=address, timeout=20, follow_redirects=True)
        page = self.http.get("/inloggen").text
        page = self.http.post("/inloggen", data={"csrf": _csrf(page), "key": who.key}).text
        assert "/uitloggen" in page

    def read(self, path: str) -> str:
        page = self.http.get(path)
        assert page.status_code == 200, page.text
        return page.text

    def send(self, page_path: str, form_id: str, status: int = 200, **typed: object) -> str:
        """Fill in a form of a page, and what came of it."""
        csrf = _csrf(self.read(page_path))
        filled = {name: str(value) for name, value in typed.items()}
        page = self.http.post(f"{page_path}/{form_id}", data={"csrf": csrf, **filled})
        assert page.status_code == status, page.text
        return page.text


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)

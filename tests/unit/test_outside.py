"""Where webhooks may lead, and how they are signed."""

import ipaddress
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from services.kernel.errors import Rejected
from services.kernel.settings import Webhooks
from services.notifications.feedback.outside import check_url, may_reach
from services.notifications.feedback.signing import Signer, headers, new_secret, new_signing_key, public_key

PUBLIC = Webhooks()
OWN = Webhooks.model_validate({"private_networks": ["10.1.0.0/16", "127.0.0.0/8", "fd00:1::/32"]})


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fd00:1::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a01:1::1",
    ],
)
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not may_reach(ipaddress.ip_address(address), PUBLIC)


@pytest.mark.parametrize("address", ["93.184.216.34", "2a00:1450:400e:80c::200e", "64:ff9b::5db8:d822"])
def test_what_is_public_is_reached(address: str) -> None:
    assert may_reach(ipaddress.ip_address(address), PUBLIC)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::ffff:10.1.2.3", "fd00:1::5"])
def test_a_network_that_the_region_names_is_reached(address: str) -> None:
    assert may_reach(ipaddress.ip_address(address), OWN)


@pytest.mark.parametrize("address", ["10.2.0.1", "192.168.0.1", "169.254.169.254", "::1"])
def test_no_other_network_is(address: str) -> None:
    assert not may_reach(ipaddress.ip_address(address), OWN)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://team.example/hook", "url_not_safe"),
        ("http://93.184.216.34/hook", "url_not_safe"),
        ("http://10.1.0.1/hook", "url_not_safe"),
        ("https://10.2.0.1/hook", "url_not_public"),
        ("https://[::1]/hook", "url_not_public"),
        ("https://169.254.169.254/latest", "url_not_public"),
    ],
)
def test_an_address_is_refused_with_what_to_do(url: str, code: str) -> None:
    with pytest.raises(Rejected) as no:
        check_url(url, OWN)
    assert no.value.refusal.code == code


def test_plain_http_is_for_this_machine_where_the_region_allows_that() -> None:
    for url in ("http://127.0.0.1:8080/hook", "http://localhost/hook"):
        check_url(url, OWN)
        with pytest.raises(Rejected, match="url_not_public"):
            check_url(url, PUBLIC)
    check_url("https://team.example/hook", PUBLIC)


def test_secrets_are_as_the_standard_wants_them() -> None:
    assert new_secret().startswith("whsec_")
    assert new_secret() != new_secret()
    assert public_key(new_signing_key()).startswith("whpk_")


def test_each_secret_that_holds_has_both_its_signatures() -> None:
    signers = [Signer(new_secret(), new_signing_key()) for _ in range(2)]
    at = datetime.now(UTC)
    sent = headers(signers, "een-id", at, "{}")
    assert [one.partition(",")[0] for one in sent["webhook-signature"].split(" ")] == ["v1", "v1a"] * 2
    assert sent["webhook-timestamp"] == str(int(at.timestamp()))
    for signer in signers:
        Webhook(signer.secret).verify("{}", dict(sent))


def test_a_signer_shows_no_secret() -> None:
    assert "whs" not in repr(Signer(new_secret(), new_signing_key()))

"""The hub's folder: who is let in, once, as whom; and what a region writes down of it."""

import asyncio
import json
import shutil
import time
import tomllib
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from contracts import subjects
from contracts.link import Neighbour
from contracts.network import HUB, Directory, GetDirectory
from services.kernel.errors import Misconfigured
from services.link.keys import Keys, is_signed, signed, user_key
from services.link.seal import Correspondent, Seal
from services.region.network import registrar
from services.region.network.hub import Hub, Invitation
from services.region.network.joining import write_network
from services.region.network.view import table
from tests.contracts.test_subjects import covers, may
from tests.harness.waiting import until


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub.init(tmp_path / "hub", port=4223)


def neighbour(region: str, signing_key: str = "s") -> Neighbour:
    return Neighbour(
        region=region, municipality=region.capitalize(), signing_key=signing_key, sealing_key="e"
    )


def admit(hub: Hub, region: str, invitation: Invitation, *, key: str = "s", user: str = "U") -> Directory:
    """Let in who asks for it, with what the invitation's seed signed."""
    signature = signed(invitation.seed, b"asked")
    return hub.admit(neighbour(region, key), user, asked=b"asked", signature=signature)


# Who may what on the hub


@pytest.mark.parametrize(("one", "another"), list(permutations(("oost", "west", HUB), 2)))
def test_a_region_speaks_as_itself_and_hears_what_is_for_it(one: str, another: str) -> None:
    allowed = subjects.region_on_hub(one)
    assert may(allowed.publish, subjects.between(one, another, "Letters"))
    assert may(allowed.subscribe, subjects.between(another, one, "Letters"))
    assert not may(allowed.publish, subjects.between(another, one, "Letters"))
    assert not may(allowed.subscribe, subjects.between(one, another, "Letters"))
    assert not may(allowed.subscribe, subjects.between("zuid", another, "Letters"))


def test_an_answer_fits_in_the_same_two_lists() -> None:
    """Oost asks West: West says it where Oost hears it, and nobody else may do either."""
    inbox = subjects.inbox_between("west", "oost", "x.1")
    assert may(subjects.region_on_hub("west").publish, inbox)
    assert may(subjects.region_on_hub("oost").subscribe, inbox)
    assert not may(subjects.region_on_hub("zuid").publish, inbox)
    assert not may(subjects.region_on_hub("zuid").subscribe, inbox)


def test_who_is_invited_may_ask_to_be_let_in_and_no_more() -> None:
    guest = subjects.guest_on_hub("oost", HUB)
    assert guest.publish == ("wd.net.oost.hub.Join",)
    assert all(covers("wd.net.hub.oost.inbox.>", subject) for subject in guest.subscribe)


# Invitations


def test_an_invitation_is_good_for_one_joining(hub: Hub) -> None:
    invitation = hub.invite("oost")
    admit(hub, "oost", invitation)
    with pytest.raises(PermissionError):
        admit(hub, "oost", invitation, key="another")
    assert [one.signing_key for one in hub.directory().regions] == ["s"]


def test_an_invitation_ends(hub: Hub) -> None:
    late = hub.invite("oost", valid=timedelta(seconds=-1))
    with pytest.raises(PermissionError):
        admit(hub, "oost", late)
    assert user_key(late.seed) not in hub.nats_config.read_text()


def test_whose_invitation_has_ended_is_no_user_of_the_server(hub: Hub) -> None:
    oost = hub.invite("oost")
    west = hub.invite("west", valid=timedelta(days=9))
    later = Hub(hub.folder, clock=lambda: time.time() + timedelta(days=8).total_seconds())
    later.write_nats_config()
    config = hub.nats_config.read_text()
    assert (user_key(oost.seed) in config, user_key(west.seed) in config) == (False, True)
    assert (later.forget_ended(), later.forget_ended()) == (True, False)
    assert list(json.loads((hub.folder / "invites.json").read_text())) == ["west"]


def test_nobody_comes_in_on_anothers_invitation(hub: Hub) -> None:
    oost, west = hub.invite("oost"), hub.invite("west")
    with pytest.raises(PermissionError):
        admit(hub, "zuid", oost)
    # Nor is it enough to speak as a region that is invited: the invitation itself signs.
    with pytest.raises(PermissionError):
        admit(hub, "west", oost)
    with pytest.raises(PermissionError):
        hub.admit(neighbour("west"), "U", asked=b"other", signature=signed(west.seed, b"asked"))
    assert admit(hub, "west", west).regions[0].region == "west"


def test_an_invitation_travels_as_one_word_and_the_hub_keeps_no_secret_of_it(hub: Hub) -> None:
    invitation = hub.invite("oost")
    assert Invitation.of(f"  {invitation.text()}\n") == invitation
    assert invitation.hub == "127.0.0.1:4223"
    kept = "".join(file.read_text() for file in hub.folder.iterdir())
    assert invitation.seed not in kept
    assert user_key(invitation.seed) in hub.nats_config.read_text()


@pytest.mark.parametrize("key", ["", "U", "UABC", "é", "1" * 56])
def test_no_signature_is_checked_with_what_is_no_key(key: str) -> None:
    assert not is_signed(key, b"asked", "00" * 64)


@pytest.mark.parametrize("text", ["", "wederdienst-", "wederdienst-abc", "wederdienst-eyJodWIiOiAiYSJ9"])
def test_half_an_invitation_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(Misconfigured, match="Copy all of it"):
        Invitation.of(text)


@pytest.mark.parametrize("name", ["Oost", "1oost", "", "o.o", "*", "hub"])
def test_a_region_has_a_name_of_its_own(hub: Hub, name: str) -> None:
    with pytest.raises(Misconfigured):
        hub.invite(name)


async def test_what_the_hub_refuses_is_counted_by_who_spoke_and_why(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after another process served the hub: `network peers` reads the folder."""
    monkeypatch.setattr(registrar, "TELL_SECONDS", 0.0)
    oost = Keys.new()
    listed = neighbour("oost", oost.signing_key).model_copy(update={"sealing_key": oost.sealing_key})
    invitation = hub.invite("oost")
    hub.admit(listed, "U", asked=b"asked", signature=signed(invitation.seed, b"asked"))
    to_hub = Correspondent.of(HUB, hub.keys.signing_key, hub.keys.sealing_key)
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    stale = Seal("oost", oost, clock=lambda: long_ago).close(to_hub, "GetDirectory", GetDirectory())[1]
    for _ in range(2):
        await _refuses(registrar.Registrar(hub), stale)
    assert hub.refused() == {
        "oost": {"stale": 2, "unreadable": 2},
        "west": {"unknown_peer": 2, "malformed": 2},
    }


async def _refuses(serving: registrar.Registrar, stale: bytes) -> None:
    """Four messages, and waits until they are in the folder."""

    async def told() -> bool:
        return not serving._refused

    said = (("oost", "GetDirectory", stale), ("oost", "GetDirectory", b"x"))
    for sender, kind, raw in (*said, ("west", "Leave", b"x"), ("west", "Join", b"x")):
        assert await serving.hear(sender, kind, raw) is None
    telling = asyncio.create_task(serving._tell_refused())
    await until(told, "what was refused being in the folder")
    telling.cancel()


# The server's configuration


def test_the_server_knows_the_hub_who_joined_and_who_is_invited(hub: Hub) -> None:
    admit(hub, "oost", hub.invite("oost"), user="UOOST")
    invited = hub.invite("west")
    hub.write_nats_config()
    config = hub.nats_config.read_text()
    assert config.count("nkey:") == 3
    assert '{ nkey: "UOOST", permissions: {' in config
    assert user_key(invited.seed) in config
    assert "jetstream" not in config
    assert "no_auth_user" not in config


def test_who_leaves_is_shut_out_and_stays_on_the_list_as_left(hub: Hub) -> None:
    joined = admit(hub, "oost", hub.invite("oost"), user="UOOST")
    directory = hub.dismiss("oost")
    assert directory.serial > joined.serial
    assert directory.regions[0].left
    hub.write_nats_config()
    assert "UOOST" not in hub.nats_config.read_text()


def test_a_hub_that_is_there_keeps_its_keys_and_its_list(hub: Hub) -> None:
    admit(hub, "oost", hub.invite("oost"))
    again = Hub.init(hub.folder, port=9)
    assert again.keys.signing_key == hub.keys.signing_key
    assert again.directory() == hub.directory()
    assert again.address == ("127.0.0.1", 4223)


def test_a_hub_put_back_to_an_older_copy_is_believed_again_from_its_next_change_on(
    hub: Hub, tmp_path: Path
) -> None:
    """The regions know a higher serial than the copy: that of a change comes from the clock."""
    invitation = hub.invite("west")
    copy = shutil.copytree(hub.folder, tmp_path / "copy")
    for name in ("oost", "noord", "zuid"):
        known = admit(hub, name, hub.invite(name))
    assert Hub(copy).directory().serial < known.serial
    put_back = Hub(copy, clock=lambda: time.time() + 60)
    assert admit(put_back, "west", invitation).serial > known.serial


def test_beside_a_cluster_only_who_may_what_is_written(tmp_path: Path) -> None:
    hub = Hub.init(tmp_path / "hub", host="hub.example.nl", port=4222, beside=True)
    hub.invite("oost")
    assert hub.nats_config.read_text().startswith("authorization {")
    assert Hub(hub.folder).address == ("hub.example.nl", 4222)
    with pytest.raises(Misconfigured, match="--beside"):
        Hub.init(tmp_path / "other", ca=tmp_path / "ca.pem")


def test_keys_are_for_their_owner_alone(hub: Hub) -> None:
    file = hub.folder / "hub-keys.json"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        Keys.load(file)
    file.chmod(0o600)
    file.write_text(json.dumps({"signing": {}}))
    with pytest.raises(Misconfigured, match="join again"):
        Keys.load(file)


@pytest.mark.parametrize("key", ["", "x", "AAAA", "é", "A" * 44])
def test_what_is_no_public_key_is_not_taken_for_one(key: str) -> None:
    with pytest.raises(ValueError, match="no public key"):
        Correspondent.of("oost", key, key)


def test_a_folder_without_a_hub_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="network init"):
        _ = Hub(tmp_path).address


# What a region writes down


def test_joining_again_replaces_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    config = tmp_path / "region.toml"
    config.write_text('region = "oost"\n\n[nats]\nport = 1\n\n[[keys]]\nid = "noor"\n')
    first = Invitation("a:1", "oost", "S", "s1", "e1")
    write_network(config, first, tmp_path / "ca.pem")
    own = "[network]\ngreet_seconds = 300\n# Until spring.\n"
    config.write_text(config.read_text().replace("[network]\n", own))
    write_network(config, Invitation("b:2", "oost", "S", "s2", "e2"))
    said = tomllib.loads(config.read_text())
    assert said["network"] == {
        "hub": "b:2",
        "hub_signing_key": "s2",
        "hub_sealing_key": "e2",
        "keys": "link-keys.json",
        "tls": "verify-full",
        "ca": str(tmp_path / "ca.pem"),
        "greet_seconds": 300,
    }
    assert "# Until spring." in config.read_text()
    assert (said["region"], said["nats"], said["keys"]) == ("oost", {"port": 1}, [{"id": "noor"}])


def test_the_network_in_a_table() -> None:
    report = {
        "release": "1",
        "peers_up": 2,
        "peers_away": 0,
        "waiting": 3,
        "refused": 1,
        "positions_minutes": {"owed": 60},
    }
    seen = [
        {"region": "oost", "left": False, "up": True, "delay_ms": 2.4, "report": report, "refused": {}},
        {"region": "west", "left": True, "up": False, "report": None, "refused": {}},
        {"region": "zuid", "left": False, "up": False, "report": None, "refused": {"stale": 2, "forged": 1}},
        {"region": "noord", "left": False, "up": False, "report": None, "refused": {"not_invited": 1}}
        | {"listed": False},
    ]
    up, left, away, unlisted = table(seen)
    assert "answers in 2 ms" in up
    assert "3 letters waiting, 1 messages refused" in up
    assert "owed 60 min" in up
    assert left.endswith("left")
    assert away.endswith("AWAY  the hub refused 2 stale, 1 forged")
    assert unlisted.endswith("not on the list  the hub refused 1 not_invited")
    assert list(table([])) == ["No region takes part yet."]

"""A region's own keys in the network. They stand in a file of their own, which only the link reads.

Three of them, each for one thing: what signs messages never signs what a hub asks it to (a server's
challenge is whatever the server likes), and what signs does not decrypt.
"""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

import nkeys
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.kernel.errors import Misconfigured


@dataclass(frozen=True)
class Keys:
    """`signing` (Ed25519), `sealing` (X25519); `user_seed` proves who we are to the hub (NKey)."""

    signing: OKPKey
    sealing: OKPKey
    user_seed: str

    @staticmethod
    def new() -> "Keys":
        return Keys(OKPKey.generate_key("Ed25519"), OKPKey.generate_key("X25519"), new_user_seed())

    @property
    def signing_key(self) -> str:
        """The public half, base64url."""
        return str(self.signing["x"])

    @property
    def sealing_key(self) -> str:
        """The public half, base64url."""
        return str(self.sealing["x"])

    @property
    def user_key(self) -> str:
        """The public half, as NATS writes it: `U…`."""
        return user_key(self.user_seed)

    def save(self, path: Path) -> None:
        """Write them where only we can read; a file that is there stays. Raises FileExistsError."""
        said = {
            "signing": self.signing.as_dict(private=True),
            "sealing": self.sealing.as_dict(private=True),
            "user_seed": self.user_seed,
        }
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode=0o600)) as file:
            file.write(orjson.dumps(said, option=orjson.OPT_INDENT_2))

    @staticmethod
    def load(path: Path) -> "Keys":
        """Raises Misconfigured when they cannot be read, or can be by others."""
        try:
            if path.stat().st_mode & 0o077:
                raise Misconfigured(f"Others on this machine can read {path}. Give: chmod 600 {path}")
            said = orjson.loads(path.read_bytes())
            return Keys(
                OKPKey.import_key(said["signing"]), OKPKey.import_key(said["sealing"]), said["user_seed"]
            )
        except (OSError, ValueError, KeyError, TypeError, JoseError) as wrong:
            raise Misconfigured(
                f"{path}: the region's keys for the network cannot be read ({type(wrong).__name__}). "
                "Put the file back from its copy, or join again: wederdienst network join."
            ) from None


def new_user_seed() -> str:
    """The seed of a new NATS user key."""
    return str(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER).decode())


def user_key(seed: str) -> str:
    """The public key of a seed."""
    pair = nkeys.from_seed(bytearray(seed.encode()))
    return str(pair.public_key.decode())


def signed(seed: str, said: bytes) -> str:
    """What the holder of this seed signs, as hexadecimal."""
    return bytes(nkeys.from_seed(bytearray(seed.encode())).sign(said)).hex()


def is_signed(public: str, said: bytes, signature: str) -> bool:
    """Whether the holder of the seed of this public key (`U…`) signed it."""
    try:
        # A byte that says what kind of key it is, the key (32 bytes), a checksum of two.
        key = base64.b32decode(public + "=" * (-len(public) % 8))[1:-2]
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), said)
    except (ValueError, InvalidSignature):
        return False
    return True


def signing_key_of(public: str) -> OKPKey:
    """A peer's public key for signatures. Raises ValueError when it is none."""
    return _public("Ed25519", public)


def sealing_key_of(public: str) -> OKPKey:
    """A peer's public key for encryption. Raises ValueError when it is none."""
    return _public("X25519", public)


def _public(curve: str, public: str) -> OKPKey:
    try:
        key = OKPKey.import_key({"kty": "OKP", "crv": curve, "x": public})
        # Importing believes what it is told; using does not.
        assert key.public_key is not None
    except (JoseError, ValueError) as no:
        raise ValueError(f"no public key on {curve}") from no
    return key

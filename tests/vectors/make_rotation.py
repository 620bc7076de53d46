"""Write ``rotation.json``: ``python -m tests.vectors.make_rotation``.

A second implementation of the refresh token, in the standard library alone and
with nothing imported from the package: the vectors prove bytes, not agreement
with themselves. Whoever ports the format reads it here.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("rotation.json")

SECRET = bytes(range(32))
SID = bytes(range(0xA0, 0xB0))
OWNER, THIEF = "user_agent=Owner", "user_agent=Thief"
GRACE, WINDOW, IDLE, ABSOLUTE = 10, 120, 604_800, 2_592_000


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def sub_key(purpose: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) with an empty salt, one block of output."""
    extracted = mac(bytes(32), SECRET)
    return mac(extracted, f"jwtauth refresh token v1: {purpose}".encode() + b"\x01")


def jwk() -> dict[str, str]:
    members = {"k": b64(SECRET), "kty": "oct"}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    kid = b64(hashlib.sha256(canonical.encode()).digest())
    return {**members, "alg": "HS256", "use": "refresh", "kid": kid}


def text(generation: int, secret: bytes) -> str:
    hint = hashlib.sha256(jwk()["kid"].encode()).digest()[:2]
    body = b"\x01" + hint + SID + generation.to_bytes(8, "big") + secret
    return b64(body + mac(sub_key("tag"), body)[:16])


def successor(generation: int, secret: bytes, nonce: bytes) -> bytes:
    position = SID + (generation + 1).to_bytes(8, "big")
    return mac(sub_key("successor"), position + nonce + secret)


# One line of descent, with a rival in generation 1.
NONCE_1, NONCE_2, RIVAL_NONCE = b"\x11" * 32, b"\x22" * 32, b"\x33" * 32
S0 = b"\x05" * 32
S1 = successor(0, S0, NONCE_1)
S2 = successor(1, S1, NONCE_2)
RIVAL = successor(0, S0, RIVAL_NONCE)
STRANGER = b"\x07" * 32


def family(
    generation: int, secret: bytes, nonce: bytes, **changes: object
) -> dict[str, Any]:
    record = {
        "generation": generation,
        "secret_hash": hashlib.sha256(secret).hexdigest(),
        "nonce": nonce.hex(),
        "context": mac(sub_key("context"), OWNER.encode())[:16].hex(),
        "seconds_since_rotation": 5,
        "seconds_to_idle_expiry": IDLE,
        "seconds_to_absolute_expiry": ABSOLUTE,
        "is_displaced": False,
        "is_revoked": False,
        "is_bound": True,
    }
    return record | changes


def gen_0(**changes: object) -> dict[str, Any]:
    return family(0, S0, bytes(32), **changes)


def gen_1(**changes: object) -> dict[str, Any]:
    return family(1, S1, NONCE_1, **changes)


def gen_2(**changes: object) -> dict[str, Any]:
    return family(2, S2, NONCE_2, **changes)


def displaced(**changes: object) -> dict[str, Any]:
    return family(1, RIVAL, RIVAL_NONCE, is_displaced=True, **changes)


T0, T1, T2 = (0, S0), (1, S1), (2, S2)
T1_RIVAL, T1_STRANGER, T9 = (1, RIVAL), (1, STRANGER), (9, STRANGER)
STRICT = {"grace_period": 0, "retry_window": 0}

# (row of the table, what is the case, family, token, context, outcome, more)
TABLE: list[
    tuple[int, str, dict[str, Any] | None, tuple[int, bytes], str, str, dict[str, Any]]
] = [
    (1, "no such family", None, T0, OWNER, "refused", {}),
    (1, "revoked, current token", gen_0(is_revoked=True), T0, OWNER, "refused", {}),
    (
        1,
        "revoked, predecessor within grace",
        gen_1(is_revoked=True),
        T0,
        OWNER,
        "refused",
        {},
    ),
    (1, "revoked, stale token", gen_2(is_revoked=True), T0, OWNER, "refused", {}),
    (
        1,
        "idle timeout just reached",
        gen_0(seconds_to_idle_expiry=0),
        T0,
        OWNER,
        "refused",
        {},
    ),
    (
        1,
        "absolute timeout just reached",
        gen_0(seconds_to_absolute_expiry=0),
        T0,
        OWNER,
        "refused",
        {},
    ),
    (
        1,
        "expired, predecessor within grace",
        gen_1(seconds_to_absolute_expiry=-1),
        T0,
        OWNER,
        "refused",
        {},
    ),
    (2, "user gone or changed", gen_0(is_bound=False), T0, OWNER, "revoked", {}),
    (2, "user changed, stale token", gen_2(is_bound=False), T0, OWNER, "revoked", {}),
    (3, "token ahead of the record", gen_0(), T9, OWNER, "outdated", {}),
    (3, "same generation, other secret", gen_1(), T1_STRANGER, OWNER, "outdated", {}),
    (4, "current token", gen_0(), T0, OWNER, "rotated", {}),
    (
        4,
        "current token, one second before the idle timeout",
        gen_0(seconds_to_idle_expiry=1),
        T0,
        OWNER,
        "rotated",
        {},
    ),
    (4, "current token from another context", gen_0(), T0, THIEF, "rotated", {}),
    (
        4,
        "the rival is current after a displacement",
        displaced(),
        T1_RIVAL,
        OWNER,
        "rotated",
        {},
    ),
    (4, "current token, strict single use", gen_0(), T0, OWNER, "rotated", STRICT),
    (
        5,
        "the displaced one comes: fork",
        displaced(),
        T1,
        OWNER,
        "reused",
        {"reuse": "fork"},
    ),
    (
        5,
        "the displaced one comes from elsewhere: fork",
        displaced(),
        T1,
        THIEF,
        "reused",
        {"reuse": "fork"},
    ),
    (6, "predecessor within grace", gen_1(), T0, OWNER, "retry", {}),
    (
        6,
        "predecessor at the end of grace",
        gen_1(seconds_since_rotation=GRACE),
        T0,
        OWNER,
        "retry",
        {},
    ),
    (
        6,
        "predecessor, found by a transaction that began before the rotation",
        gen_1(seconds_since_rotation=-GRACE),
        T0,
        OWNER,
        "retry",
        {},
    ),
    (
        7,
        "predecessor, a clock that went back",
        gen_1(seconds_since_rotation=-30),
        T0,
        OWNER,
        "displaced",
        {},
    ),
    (6, "retry after a displacement", displaced(), T0, OWNER, "retry", {}),
    (
        7,
        "predecessor just after grace",
        gen_1(seconds_since_rotation=GRACE + 1),
        T0,
        OWNER,
        "displaced",
        {},
    ),
    (
        7,
        "predecessor within grace from another context",
        gen_1(),
        T0,
        THIEF,
        "displaced",
        {},
    ),
    (
        7,
        "predecessor at the end of the window",
        gen_1(seconds_since_rotation=WINDOW),
        T0,
        OWNER,
        "displaced",
        {},
    ),
    (7, "displaced again", displaced(), T0, THIEF, "displaced", {}),
    (
        7,
        "no grace, only a window",
        gen_1(),
        T0,
        OWNER,
        "displaced",
        {"grace_period": 0},
    ),
    (
        8,
        "predecessor after the window: late",
        gen_1(seconds_since_rotation=WINDOW + 1),
        T0,
        OWNER,
        "reused",
        {"reuse": "late"},
    ),
    (
        8,
        "other context, no window: late",
        gen_1(),
        T0,
        THIEF,
        "reused",
        {"reuse": "late", "retry_window": 0},
    ),
    (
        8,
        "second use at once, strict single use: late",
        gen_1(seconds_since_rotation=0),
        T0,
        OWNER,
        "reused",
        {"reuse": "late", **STRICT},
    ),
    (
        8,
        "two generations back within grace: stale",
        gen_2(seconds_since_rotation=0),
        T0,
        OWNER,
        "reused",
        {"reuse": "stale"},
    ),
    (
        8,
        "one back, but of another branch: stale",
        gen_2(),
        T1_RIVAL,
        OWNER,
        "reused",
        {"reuse": "stale"},
    ),
    (
        8,
        "one back, secret never issued: stale",
        gen_2(),
        T1_STRANGER,
        THIEF,
        "reused",
        {"reuse": "stale"},
    ),
]


def next_token(
    record: dict[str, Any] | None, token: tuple[int, bytes], outcome: str
) -> str | None:
    """What is handed out under nonce 2, or again under the nonce on record."""
    if record is None or outcome not in {"rotated", "retry", "displaced"}:
        return None
    nonce = bytes.fromhex(record["nonce"]) if outcome == "retry" else NONCE_2
    return text(token[0] + 1, successor(*token, nonce))


def case(row: tuple[Any, ...]) -> dict[str, Any]:
    number, about, record, token, context, outcome, more = row
    more = {"grace_period": GRACE, "retry_window": WINDOW, "reuse": None} | more
    return {
        "row": number,
        "about": about,
        "policy": {name: more[name] for name in ("grace_period", "retry_window")},
        "family": record,
        "token": text(*token),
        "context": context,
        "outcome": outcome,
        "reuse": more["reuse"],
        "next_token": next_token(record, token, outcome),
    }


def vectors() -> dict[str, Any]:
    return {
        "about": "What becomes of a refresh token: one case per edge of each row. "
        "Bytes are hex, tokens as on the wire; new successors take nonce "
        f"{NONCE_2.hex()}.",
        "refresh_key": jwk(),
        "nonce": NONCE_2.hex(),
        "cases": [case(row) for row in TABLE],
    }


if __name__ == "__main__":
    assert len(urlsafe_b64decode(text(0, S0))) == 75
    FILE.write_text(json.dumps(vectors(), indent=1) + "\n", "utf-8")

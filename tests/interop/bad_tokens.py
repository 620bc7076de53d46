"""Bad tokens, each with one fault, and what every verifier calls it.

All but the last four are refused by all three.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.interop import forgeries
from tests.interop.forgeries import Forge
from tests.interop.verifiers import REQUIRED
from tests.jwtauth.core.raw_tokens import claims, signed


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with a token.

    The names of verifiers hold what each calls the fault, None where it lets it pass;
    ``rows`` are the requirements that jwtauth meets by refusing it.
    """

    forge: Forge
    jwtauth: str
    joserfc: str | None
    jose: str | None
    rows: Sequence[str] = ()


def good_claims() -> dict[str, Any]:
    """Return the claims of a token that was issued just now."""
    now = int(time.time())
    return claims(iat=now, exp=now + 900, auth_time=now)


_CLAIM_FAILED = "ERR_JWT_CLAIM_VALIDATION_FAILED"
_BAD_SIGNATURE = {
    "jwtauth": "signature_invalid",
    "joserfc": "bad_signature",
    "jose": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
}
_BAD_ALGORITHM = {
    "jwtauth": "algorithm_mismatch",
    "joserfc": "unsupported_algorithm",
    "jose": "ERR_JOSE_ALG_NOT_ALLOWED",
}
_UNKNOWN_KEY = {
    "jwtauth": "key_unknown",
    "joserfc": "invalid_key_id",
    "jose": "ERR_JWKS_NO_MATCHING_KEY",
}

FAULTS: Mapping[str, Fault] = {
    "expired": Fault(
        forge=forgeries.with_claims(exp=lambda good: good["iat"] - 60),
        jwtauth="token_expired",
        joserfc="expired_token exp",
        jose="ERR_JWT_EXPIRED exp",
        rows=["JWT-08"],
    ),
    "not yet valid": Fault(
        forge=forgeries.with_claims(nbf=lambda good: good["iat"] + 600),
        jwtauth="token_not_yet_valid",
        joserfc="invalid_claim nbf",
        jose=f"{_CLAIM_FAILED} nbf",
        rows=["JWT-09"],
    ),
    "other issuer": Fault(
        forge=forgeries.with_claims(iss="https://issuer.test/"),
        jwtauth="issuer_mismatch",
        joserfc="invalid_claim iss",
        jose=f"{_CLAIM_FAILED} iss",
        rows=["JWT-10"],
    ),
    "other audience": Fault(
        forge=forgeries.with_claims(aud="https://api.test.evil"),
        jwtauth="audience_mismatch",
        joserfc="invalid_claim aud",
        jose=f"{_CLAIM_FAILED} aud",
        rows=["JWT-11"],
    ),
    "several other audiences": Fault(
        forge=forgeries.with_claims(aud=["https://api", "https://api.test/"]),
        jwtauth="audience_mismatch",
        joserfc="invalid_claim aud",
        jose=f"{_CLAIM_FAILED} aud",
        rows=["JWT-11"],
    ),
    **{
        f"typ {typ}": Fault(
            forge=forgeries.with_header(typ=typ),
            jwtauth="token_type_mismatch",
            joserfc="invalid_header_value",
            jose=f"{_CLAIM_FAILED} typ",
            rows=["ATJ-02", "JWT-14"],
        )
        for typ in ("JWT", "dpop+jwt", "logout+jwt", "text/at+jwt")
    },
    "no typ": Fault(
        forge=forgeries.without_header("typ"),
        jwtauth="token_type_mismatch",
        joserfc="missing_header",
        jose=f"{_CLAIM_FAILED} typ",
        rows=["ATJ-02", "JWT-14"],
    ),
    "alg none": Fault(
        forge=forgeries.unsigned, **_BAD_ALGORITHM, rows=["KEY-02", "ATJ-08"]
    ),
    **{
        f"HS256 over the public key, {form.__name__}": Fault(
            forge=forgeries.with_public_secret(form), **_BAD_ALGORITHM, rows=["KEY-04"]
        )
        for form in (forgeries.pem, forgeries.der, forgeries.jwk)
    },
    "other algorithm of that key": Fault(
        forge=forgeries.with_other_algorithm, **_BAD_ALGORITHM, rows=["KEY-03"]
    ),
    "tampered payload": Fault(
        forge=forgeries.with_tampered_payload, **_BAD_SIGNATURE, rows=["JWT-01"]
    ),
    "tampered signature": Fault(
        forge=forgeries.with_tampered_signature, **_BAD_SIGNATURE, rows=["JWT-01"]
    ),
    "another key under our kid": Fault(
        forge=forgeries.with_strangers_key, **_BAD_SIGNATURE, rows=["JWT-01"]
    ),
    "unknown kid": Fault(forge=forgeries.with_header(kid="nobody"), **_UNKNOWN_KEY),
    "embedded key": Fault(
        forge=forgeries.with_embedded_key, **_UNKNOWN_KEY, rows=["KEY-12"]
    ),
    "embedded key under our kid": Fault(
        forge=forgeries.with_embedded_key_under_our_kid,
        **_BAD_SIGNATURE,
        rows=["KEY-12"],
    ),
    "unknown crit": Fault(
        forge=forgeries.with_header(crit=["urn:x"], **{"urn:x": 1}),
        jwtauth="token_malformed",
        joserfc="unsupported_header",
        jose="ERR_JOSE_NOT_SUPPORTED",
        rows=["JWT-05"],
    ),
    **{
        f"no {name}": Fault(
            forge=forgeries.without_claim(name),
            jwtauth="claim_invalid",
            joserfc=f"missing_claim {name}",
            jose=f"{_CLAIM_FAILED} {name}",
            rows=["ATJ-03"],
        )
        for name in REQUIRED
    },
    "too few parts": Fault(
        forge=lambda good, key: signed(good, key=key).rpartition(".")[0],
        jwtauth="token_malformed",
        joserfc="decode_error",
        jose="ERR_JWS_INVALID",
        rows=["JWT-02"],
    ),
    "JSON serialisation": Fault(
        forge=lambda good, key: json.dumps(
            dict(
                zip(
                    ("protected", "payload", "signature"),
                    signed(good, key=key).split("."),
                    strict=True,
                )
            )
        ),
        jwtauth="token_malformed",
        joserfc="decode_error",
        jose="ERR_JWS_INVALID",
        rows=["JWT-02"],
    ),
    # Laxer than we are. Nobody gains by it: only we can sign such claims, and another
    # spelling of a token has the same ``jti`` and ``sid``, by which we revoke.
    "padding": Fault(
        forge=lambda good, key: signed(good, key=key) + "==",
        jwtauth="token_malformed",
        joserfc="bad_signature",
        jose=None,
        rows=["JWT-02"],
    ),
    "stray bits": Fault(
        forge=forgeries.with_stray_bits,
        jwtauth="token_malformed",
        joserfc="bad_signature",
        jose=None,
        rows=["JWT-03"],
    ),
    "issued in the future": Fault(
        forge=forgeries.with_claims(iat=lambda good: good["iat"] + 3600),
        jwtauth="token_not_yet_valid",
        joserfc="invalid_claim iat",
        jose=None,  # looks at it only where a service sets ``maxTokenAge``
        rows=["JWT-09"],
    ),
    "a claim twice": Fault(
        forge=forgeries.with_a_claim_twice,
        jwtauth="token_malformed",
        joserfc=None,
        jose=None,
        rows=["JWT-06"],
    ),
}

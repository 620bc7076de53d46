"""Which names of claims look like personal data or secrets: for a warning, no guard."""

import re
from itertools import pairwise

# Facts about something personal are not personal: email_verified, password_changed_at.
_FACTS = {
    *("verified", "confirmed", "required", "enabled", "changed", "expired", "expires"),
    *("at", "count", "version", "set"),
}

# Words that say it alone, wherever they stand in a name.
_WORDS = {
    *("email", "mail", "phone", "mobile", "fax", "telephone", "msisdn"),
    *("address", "street", "postcode", "zip", "geolocation", "latitude", "longitude"),
    *("birth", "birthday", "birthdate", "dob", "age", "gender", "sex", "religion"),
    *("ssn", "passport", "iban", "salary", "diagnosis", "health", "ethnicity"),
    *("name", "firstname", "lastname", "fullname", "surname", "nickname", "username"),
    *("picture", "photo", "avatar", "ip", "ipaddress"),
    *("password", "passwd", "passphrase", "pwd", "pin", "otp", "totp"),
    *("secret", "token", "apikey", "credential", "credentials", "cookie", "session"),
}

# Words that are well in most names, and not beside one of these: api_key, cart_number.
_PAIRS = {
    *(("api", "key"), ("private", "key"), ("card", "number"), ("tax", "id")),
    *(("national", "id"), ("social", "security"), ("account", "number")),
}

# A "name" of these is no person's: tenant_name, plan_name.
_THINGS = {
    *("tenant", "plan", "group", "team", "role", "org", "organization", "organisation"),
    *("product", "client", "app", "application", "service", "region"),
}


def looks_personal(claim: str) -> bool:
    """Whether the name of a claim suggests that everybody with the token learns much.

    Judges whole words of the name: "zip" is found in ``zipCode``, "ip" not in
    ``recipient``.
    """
    words = _split(claim)
    if not words or words[-1] in _FACTS:
        return False
    if words[-1] == "name" and len(words) > 1 and words[-2] in _THINGS:
        return False
    pairs = set(pairwise(words))
    return not _WORDS.isdisjoint(words) or not _PAIRS.isdisjoint(pairs)


def _split(claim: str) -> list[str]:
    """Return the words of ``snake_case``, ``camelCase``, ``kebab-case`` or a URI."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", claim)
    return re.findall(r"[a-z]+", spaced.lower())

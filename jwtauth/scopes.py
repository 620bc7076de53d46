"""A ready function for ``CLAIMS``: the groups of a user as the scope of tokens."""

from collections.abc import Mapping

from django.contrib.auth.models import PermissionsMixin

from jwtauth.core.scope import joined, word_of
from jwtauth.models import TokenFamily
from jwtauth.stores import families


def group_scopes(user: PermissionsMixin, _family: TokenFamily) -> Mapping[str, str]:
    """Return each group of ``user`` as one word of ``scope``.

    What a word may not hold is percent-encoded: "Content editors" is
    ``Content%20editors``. Two groups never give the same word.
    """
    # A replica that lags would grant again what has just been taken away.
    groups = user.groups.using(families.database())
    names = groups.order_by("name").values_list("name", flat=True)
    return {"scope": joined([word_of(name) for name in names])}

"""How checks register that can say nothing before ``JWTAUTH`` itself is right."""

from collections.abc import Callable
from functools import wraps
from typing import TypeAlias

from django.core.checks import CheckMessage, register

from jwtauth import conf
from jwtauth.conf import Settings

_Check: TypeAlias = Callable[[Settings], list[CheckMessage]]
_Registered: TypeAlias = Callable[..., list[CheckMessage]]


def register_for_settings(
    tag: str, *, deploy: bool = False
) -> Callable[[_Check], _Registered]:
    """Register a check of the settings; it is left out while those have a fault.

    Args:
        tag: what Django runs it with.
        deploy: only with ``check --deploy``.

    Returns:
        A decorator; what it gives takes what Django passes, and needs none of it.
    """

    def decorate(check: _Check) -> _Registered:
        @wraps(check)
        def registered(**_: object) -> list[CheckMessage]:
            return [] if conf.problems() else check(conf.get_settings())

        # Django looks for ``**kwargs``, and would look at the check's own parameters.
        del registered.__wrapped__
        return register(registered, tag, deploy=deploy)

    return decorate

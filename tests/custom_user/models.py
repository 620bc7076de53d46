"""Users as other projects have them."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    """No ``username``, no ``is_staff``, no groups, and a key that is no number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    address = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[BaseUserManager["Person"]] = BaseUserManager()

    USERNAME_FIELD = "address"
    EMAIL_FIELD = "address"

    def __str__(self) -> str:
        return self.address


class Colleague(Person):
    """The same rows under another name."""

    class Meta:
        proxy = True


class Customer(Person):
    """A row more."""

    number = models.IntegerField(default=0)

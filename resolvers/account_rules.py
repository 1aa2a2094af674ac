"""What an account may be called, what its password may be, and who may make one."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from datasources.exceptions import BadInput

PASSWORD_CHARACTERS = (8, 1_000)
NAME_CHARACTERS = 200
EMAIL_CHARACTERS = 254
_DOMAIN = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
_EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@({_DOMAIN})", re.IGNORECASE)


class SignUp(enum.StrEnum):
    """Who may make an account."""

    CLOSED = "closed"
    OPEN = "open"
    INVITED = "invited"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class SignUpPolicy:
    """`domains` are in lower case; they say who may sign up where `kind` is DOMAIN."""

    kind: SignUp = SignUp.CLOSED
    domains: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> SignUpPolicy:
        """From `closed`, `open`, `invited`, or mail domains with commas between. Raises: ValueError."""
        word = text.strip().lower()
        if word in (SignUp.CLOSED, SignUp.OPEN, SignUp.INVITED):
            return cls(SignUp(word))
        domains = tuple(part.strip().removeprefix("@") for part in word.split(","))
        if not all(re.fullmatch(_DOMAIN, domain) and "." in domain for domain in domains):
            raise ValueError("must be closed, open, invited, or mail domains such as example.com, separated by commas")
        return cls(SignUp.DOMAIN, domains)

    def admits(self, email: str) -> bool:
        """Whether anybody may take this address without an invitation."""
        if self.kind is SignUp.DOMAIN:
            return email.rpartition("@")[2].lower() in self.domains
        return self.kind is SignUp.OPEN


def check_email(email: str, *, argument: str) -> str:
    """The address without spaces around. Raises: BadInput for what is none. Source: the HTML standard, "valid e-mail address"."""
    email = email.strip()
    if len(email) > EMAIL_CHARACTERS or not _EMAIL.fullmatch(email):
        raise BadInput("this is no e-mail address", argument=argument)
    return email


def check_name(name: str, *, argument: str, most: int = NAME_CHARACTERS) -> str:
    """The name without spaces around. Raises: BadInput for an empty or long one, or one with control characters."""
    name = name.strip()
    if not 1 <= len(name) <= most or not name.isprintable():
        raise BadInput(f"this takes 1 to {most} printable characters", argument=argument)
    return name


def check_password(password: str, email: str, *, argument: str) -> None:
    """Raises: BadInput with the rule that a new password breaks."""
    least, most = PASSWORD_CHARACTERS
    if not least <= len(password) <= most:
        raise BadInput(f"a password has {least} to {most} characters", argument=argument)
    if password.strip().casefold() == email.casefold():
        raise BadInput("the address is no password", argument=argument)

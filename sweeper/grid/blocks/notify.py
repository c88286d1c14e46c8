"""The block `notify`: whom a launch notifies, and of what."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from sweeper.grid.syntax.fields import Block, OneOrMany, Text, Word
from sweeper.messages import mask_credentials

Event = Annotated[Literal["end", "failure", "budget", "divergence"], Word]
# Parts of an address that hold no secret themselves.
_FROM_ENVIRONMENT = re.compile(r"[\w.-]*=\$\{\w+\}|(?:\$\{\w+\}:?)+@|\$\{\w+\}")


def _webhook(address: str) -> str:
    if re.fullmatch(r"\$\{\w+\}|https?://\S+", address) is None:
        raise ValueError("must be an address, http://... or https://..., or ${NAME}.")
    literal = _FROM_ENVIRONMENT.sub("", address)
    if mask_credentials(literal) != literal:
        raise ValueError(
            "holds a secret, and MLflow stores the text of grids. Put the secret into an "
            "environment variable, and write ${NAME} for it."
        )
    return address


class Notify(Block):
    """Notifications of a launch.

    command: run by the shell, with the notification as JSON on its standard input.  webhook: an
    address that gets the same JSON by POST; ${NAME} stands for an environment variable.
    events: which; `failure` and `divergence` are the first of each."""

    command: Text | None = None
    webhook: Annotated[Text, AfterValidator(_webhook)] | None = None
    events: Annotated[tuple[Event, ...], OneOrMany()] = (
        "end",
        "failure",
        "budget",
        "divergence",
    )

    @model_validator(mode="after")
    def _reaches_somebody(self) -> "Notify":
        if self.command is None and self.webhook is None:
            raise ValueError("reaches nobody; give `command`, `webhook` or both.")
        return self

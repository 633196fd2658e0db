"""Custom actions without an action server: the same code as `rasa run actions` runs, called in this
process.
"""

import importlib
import json
from contextvars import ContextVar
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

failures: ContextVar[list[BaseException]] = ContextVar("failures of actions in this turn")
"""Rasa logs an action's exception, and goes on as if it had said nothing. Whoever takes a turn sets
a list here and looks into it afterwards.
"""


class ActionsInProcess(EndpointConfig):
    """Stands where Rasa expects the action server's address."""

    def __init__(self, package: str) -> None:
        # selective_domain: Rasa need not turn the whole domain into a dict for each call, as we
        # have it already.
        super().__init__(url="in-process", selective_domain=True)
        importlib.import_module(
            package
        )  # its errors are clear here; the executor's `register_package` would end the process
        self._executor = ActionExecutor()
        self._executor.register_package(package)
        self._domain: dict[str, Any] = {}

    def use(self, domain: Domain) -> None:
        """Sets the domain that actions get to see."""
        self._domain = domain.as_dict()

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """What RemoteAction.run asks of an action server: `json` is the call, the return value its
        answer.
        """
        try:
            return await self._executor.run({**kwargs["json"], "domain": self._domain})
        except (
            ActionExecutionRejection
        ) as rejection:  # a form's way of saying "not mine": not an error
            body = json.dumps({"error": rejection.message, "action_name": rejection.action_name})
            raise ClientResponseError(400, "rejected", body) from None
        except Exception as error:
            failures.get([]).append(error)
            raise

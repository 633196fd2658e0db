"""What Rasa 3.6.21 needs to import and run beside libraries that are newer than it, or that are left out."""

import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from typing import Any

# Imported somewhere in Rasa, needed by nothing that a rule-based bot on REST does. Each is stubbed only where it is not installed.
LEFT_OUT = frozenset(
    {
        "aio_pika", "aiogram", "aiormq", "boto3", "botocore", "cachecontrol", "colorclass", "confluent_kafka", "fbmessenger", "keras",
        "pymongo", "rocketchat_API", "slack_sdk", "sklearn_crfsuite", "tensorflow", "tensorflow_hub", "tensorflow_text", "transformers",
        "twilio", "webexteamssdk",
    }
)  # fmt: skip


class _StubType(type):
    """The metaclass of stub classes: any attribute of one is another, so that `tf.keras.callbacks.Callback` can be a base class."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(f"{cls.__module__}.{cls.__qualname__}", name)


class LeftOut(Exception, metaclass=_StubType):
    """Base of all stub classes. An Exception, because Rasa names some of them in `except (...)`. Making one says what is missing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(
            f"{type(self).__module__}.{type(self).__qualname__} needs a library that rasa-slim leaves out; install it beside Rasa if you need it."
        )


def _stub(module: str, name: str) -> type[LeftOut]:
    return _StubType(name, (LeftOut,), {"__module__": module})


class _StubModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(self.__name__, name)


class _StubFinder(MetaPathFinder, Loader):
    """Comes last on `sys.meta_path`, so that a library that is installed always wins over its stub."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in LEFT_OUT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StubModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def install() -> None:
    """Makes this process ready to import Rasa. Called once, by the hook."""
    # Newer sentry-sdk rejects Rasa's arguments; and nothing about a conversation here may go to a vendor in any case.
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # sanic (from 22.9) starts servers by "spawn", which can't pickle Rasa's application.
    os.environ.setdefault("SANIC_START_METHOD", "fork")
    sys.meta_path.append(_StubFinder())
    # skops looks through every loaded module when it is first imported: 10 s once the rest is loaded, 2.4 s or less before.
    import skops.io  # noqa: F401

    import numpy

    if not hasattr(numpy, "VisibleDeprecationWarning"):  # moved by numpy 2
        numpy.VisibleDeprecationWarning = numpy.exceptions.VisibleDeprecationWarning  # type: ignore[attr-defined]

"""What Rasa 3.6.21 needs to import and run beside libraries that are newer than it, or that are
left out.
"""

import functools
import importlib.machinery
import importlib.util
import os
import sys
import types
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from typing import Any

# Imported somewhere in Rasa, needed by nothing that a rule-based bot on REST does. Each is stubbed
# only where it is not installed.
LEFT_OUT = frozenset(
    {
        "aio_pika", "aiogram", "aiormq", "boto3", "botocore", "cachecontrol", "colorclass", "confluent_kafka", "fbmessenger",
        "google.auth", "google.oauth2", "keras",
        "pymongo", "rocketchat_API", "slack_sdk", "sklearn_crfsuite", "tensorflow", "tensorflow_hub", "tensorflow_text", "transformers",
        "twilio", "webexteamssdk",
    }
)  # fmt: skip

# Rasa's own modules that only serve its TensorFlow models. Imported on the way to the agent, and
# with them scikit-learn and scipy.stats: 1.5 s and 60 MB that a model without TensorFlow has no use
# for. Stubbed only where TensorFlow is not installed.
ONLY_FOR_TENSORFLOW = frozenset(
    {"rasa.utils.tensorflow.data_generator", "rasa.utils.tensorflow.model_data"}
)


# Imported by the rule policy for a function that nobody calls while a bot answers; it brings
# matplotlib and pillow: 12 MB.
LATE = "rasa.utils.plotting"


class _StubType(type):
    """The metaclass of stub classes: any attribute of one is another, so that
    `tf.keras.callbacks.Callback` can be a base class.
    """

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(f"{cls.__module__}.{cls.__qualname__}", name)


class LeftOut(Exception, metaclass=_StubType):
    """Base of all stub classes. An Exception, because Rasa names some of them in `except (...)`.
    Making one says what is missing.
    """

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(
            f"{type(self).__module__}.{type(self).__qualname__} needs a library that rasa-slim leaves out; install it beside Rasa if you need it."
        )


def _stub(module: str, name: str) -> _StubType:
    return _StubType(name, (LeftOut,), {"__module__": module})


class _StubModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(self.__name__, name)


class _StubFinder(MetaPathFinder, Loader):
    """Finds a stub for each of the named modules and for what is below it."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        parts = fullname.split(".")
        if any(".".join(parts[:end]) in self._names for end in range(1, len(parts) + 1)):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StubModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class _LateFinder(MetaPathFinder):
    """Lets the module that LATE names be imported at once and executed at its first use."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        spec = (
            importlib.machinery.PathFinder.find_spec(fullname, path) if fullname == LATE else None
        )
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def _stub_left_out() -> None:
    """Last on `sys.meta_path`: a library that is installed always wins over its stub."""
    if importlib.util.find_spec("tensorflow") is None:
        sys.meta_path.insert(0, _StubFinder(ONLY_FOR_TENSORFLOW))
    sys.meta_path.append(_StubFinder(LEFT_OUT))


def _no_telemetry() -> None:
    """Newer sentry-sdk rejects Rasa's arguments; and nothing about a conversation here may go to a
    vendor in any case.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"


def _quiet_old_imports() -> None:
    """Both warn at import that they are old, and Rasa imports both: no news to the user of each
    `rasa` command, and errors in strict tests.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")


def _numpy_names() -> None:
    """numpy 2 moved a name that Rasa uses."""
    import numpy

    if not hasattr(numpy, "VisibleDeprecationWarning"):
        numpy.VisibleDeprecationWarning = numpy.exceptions.VisibleDeprecationWarning  # type: ignore[attr-defined]


def _sanic_as_before() -> None:
    """From 22.9 on sanic starts its server in another process by "spawn", where Rasa's application,
    which is made in a function, can't be found: one worker is served in this process, as before,
    and several by "fork". `rasa shell` needs `response.stream`, which is gone.
    """
    import sanic.response
    from sanic import Sanic

    if not hasattr(sanic.response, "stream"):
        sanic.response.stream = sanic.response.ResponseStream  # type: ignore[attr-defined]
    os.environ.setdefault("SANIC_DEPRECATION_FILTER", "ignore")

    run = Sanic.run

    def run_here(app: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("workers", 1) == 1:
            kwargs.setdefault("single_process", True)
        run(app, *args, **kwargs)

    here: Any = functools.wraps(run)(run_here)
    Sanic.run = here  # type: ignore[method-assign]
    Sanic.start_method = "fork"


def install() -> None:
    """Makes this process ready to import Rasa. Called once, by the hook."""
    _no_telemetry()
    _stub_left_out()
    sys.meta_path.insert(0, _LateFinder())
    _quiet_old_imports()
    _numpy_names()
    _sanic_as_before()

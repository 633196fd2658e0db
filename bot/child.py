"""Work that a process which lives long hands to one that does not."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar, TypeVarTuple

Given = TypeVarTuple("Given")
Result = TypeVar("Result")


def in_a_child(function: Callable[[*Given], Result], *given: *Given) -> Result:
    """What `function` returns, from a forked process of its own: what it imports and reads goes
    with that process. Both ways only what can be pickled. Only from a process with one thread.

    Raises ChildProcessError where it ends without a result.

    >>> in_a_child(len, "four")
    4
    """
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(sending, function, *given))
    child.start()
    sending.close()
    try:
        result: Result = receiving.recv()
    except EOFError:
        raise ChildProcessError(f"{function.__name__}: no result") from None
    finally:
        receiving.close()
        child.join()
    return result


def _send(sending: Connection, function: Callable[[*Given], object], *given: *Given) -> None:
    sending.send(function(*given))

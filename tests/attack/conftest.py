"""Attacks on a service of our own, over loopback, in bounded loops."""

from tests.gateway.conftest import run, start

__all__ = ["run", "start"]

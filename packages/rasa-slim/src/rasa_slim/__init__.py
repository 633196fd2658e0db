"""Runs Rasa Open Source 3.6.21 on current Pythons with a slim, current set of libraries.

Start reading at `hook`: `rasa_slim.pth` imports it at interpreter start, it costs one class
definition, and it does nothing until somebody imports `rasa`. Then `shims.install` is called once,
before Rasa's first line runs. `check.problems` tells whether Rasa's internals are what the shims
and our service expect; `speed.install` takes the waste out of a message. docs/adr/0001 says why it
is done like this.
"""

RASA_VERSION = "3.6.21"

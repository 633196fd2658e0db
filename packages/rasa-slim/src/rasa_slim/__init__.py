"""Runs Rasa Open Source 3.6.21 on current Pythons with a slim, current set of libraries.

Start reading at `hook`: it is imported by `rasa_slim.pth` at interpreter start, costs one class definition, and does nothing until somebody imports `rasa`.
`shims.install` is then called once, before Rasa's first line runs. `check.problems` tells whether Rasa's internals are still what the shims and our own
service expect. docs/adr/0001 says why it is done like this.
"""

RASA_VERSION = "3.6.21"

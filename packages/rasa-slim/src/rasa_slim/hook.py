"""The start-up hook: installs the shims in the moment before `rasa` is first imported, whichever
program imports it.
"""

import sys
from importlib.abc import MetaPathFinder


class _RasaImportWatcher(MetaPathFinder):
    """Finds nothing itself; it only notices the import of `rasa`, and then steps aside for good."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "rasa":
            sys.meta_path.remove(self)
            from rasa_slim.shims import install

            install()


sys.meta_path.insert(0, _RasaImportWatcher())

"""Import and export: the files themselves, byte for byte, alone or in a zip."""

import io
import zipfile
import zlib
from collections.abc import Collection, Mapping

from bot.errors import SignpostError
from bot.publishing.draft import NAME, Files

FILES_MAX, BYTES_MAX = 100, 4_000_000
_DAY = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a zip: the same content gives the same zip."""


class NotImported(SignpostError):
    """What is wrong with a file that was to be imported: a sentence."""


def packed(files: Files) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _DAY), files[name], zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def unpacked(name: str, data: bytes) -> dict[str, bytes]:
    """The content files in what was given: a zip, or one YAML file with its path. Raises
    NotImported.
    """
    files = _unzipped(data) if data[:4] == b"PK\x03\x04" else {name: data}
    for path, content in files.items():
        if not NAME.fullmatch(path):
            raise NotImported(
                f"{path[:60]}: is no name of a content file, as crisis.yml or services/belmarsh.yml"
            )
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            raise NotImported(f"{path}: is not UTF-8 text") from None
    if not files:
        raise NotImported("there is no file in it")
    return files


def read_for(live: Collection[str], name: str, data: bytes) -> Mapping[str, bytes]:
    """The content files in a file called `name`, which may come without its folder; each of them has
    a place in the content that is there. Raises NotImported.
    """
    named = [path for path in live if path.rpartition("/")[2] == name]
    return known(unpacked(named[0] if len(named) == 1 else name, data), live)


def known(given: Mapping[str, bytes], live: Collection[str]) -> Mapping[str, bytes]:
    """What was given, where all of it has a place: a file that is there, or a service. Nothing reads
    another one. Raises NotImported.
    """
    for path in given:
        if path not in live and not path.startswith("services/"):
            raise NotImported(f"{path}: is no file of the content, and only a service can be added")
    return given


def _unzipped(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = [one for one in archive.infolist() if not one.is_dir()]
            # What a file says of its own size may be a lie: reading stops there all the same.
            if len(listed) > FILES_MAX or sum(one.file_size for one in listed) > BYTES_MAX:
                raise NotImported("is too large to be content")
            return {one.filename: archive.read(one) for one in listed}
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, zlib.error):
        raise NotImported("is not a zip that can be read") from None

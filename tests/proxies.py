"""nginx and Caddy as they are, with our examples of their settings: only ports, paths and the
certificate are others.
"""

import datetime
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.conftest import ROOT, free_port

HOST = "chat.trust.example"
OPS = ROOT / "ops"
HELP_COPY = "<title>A copy of the help</title> Samaritans: call 116 123"
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {ours}
}}
"""
CADDY = """{{
    admin off
    auto_https disable_redirects
    storage file_system {folder}/caddy
    http_port {plain}
    https_port {port}
    default_bind 127.0.0.1
"""


def program(name: str) -> str:
    """Where a program is. Raises AssertionError where it is not: a test that is skipped shows
    nothing.
    """
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert path, f"{name} is needed: on Debian, apt-get install {PACKAGES.get(name, name)}"
    return path


PACKAGES = {"kubectl": "kubernetes-client", "promtool": "prometheus", "systemd-analyze": "systemd"}


@dataclass(frozen=True)
class Proxy:
    """One that runs. `url` is where it does TLS, `plain` where it does not; `folder` has all that
    it wrote.
    """

    kind: str
    url: str
    plain: str
    folder: Path
    trust: ssl.SSLContext


@contextmanager
def proxy(kind: str, folder: Path, *gateways: str) -> Iterator[Proxy]:
    """nginx or caddy in front of `gateways` (host:port), until the block ends."""
    folder.mkdir()
    (folder / "help.html").write_text(HELP_COPY, encoding="utf-8")
    certificate, key = _certificate(folder)
    plain, port = free_port(), free_port()
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    if kind == "nginx":
        ours = _nginx(plain, port, gateways[0], folder, certificate, key)
        settings = folder / "nginx.conf"
        settings.write_text(NGINX.format(folder=folder, ours=ours), encoding="utf-8")
        command = [program("nginx"), "-p", str(folder), "-c", str(settings)]
        if os.geteuid() == 0:
            command += ["-g", "user root;"]  # its workers read a folder of pytest's
    else:
        settings = folder / "Caddyfile"
        settings.write_text(_caddy(plain, port, folder, certificate, key), encoding="utf-8")
        environment |= {"GATEWAYS": " ".join(gateways)}
        command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(settings)]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
    try:
        _wait_for(port, process, folder)
        yield Proxy(
            kind,
            f"https://{HOST}:{port}",
            f"http://{HOST}:{plain}",
            folder,
            ssl.create_default_context(cafile=str(certificate)),
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _nginx(plain: int, port: int, gateway: str, folder: Path, certificate: Path, key: Path) -> str:
    text = (OPS / "nginx.conf").read_text(encoding="utf-8")
    for ours, theirs in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("server 127.0.0.1:8080;", f"server {gateway};"),
        ("/etc/ssl/signpost/fullchain.pem", str(certificate)),
        ("/etc/ssl/signpost/key.pem", str(key)),
        ("/var/log/nginx/signpost.error.log", str(folder / "error.log")),
        ("root /var/www/signpost", f"root {folder}"),
    ):
        assert text.count(ours) == 1, ours
        text = text.replace(ours, theirs)
    return text


def _caddy(plain: int, port: int, folder: Path, certificate: Path, key: Path) -> str:
    text = (OPS / "Caddyfile").read_text(encoding="utf-8").replace("/var/www/signpost", str(folder))
    options, site = r"^\{$", r"^(\{\$SITE.*\{)$"
    for place in (options, site):
        assert len(re.findall(place, text, re.MULTILINE)) == 1, place
    text = re.sub(site, rf"\1\ntls {certificate} {key}", text, flags=re.MULTILINE)
    theirs = CADDY.format(folder=folder, plain=plain, port=port)
    return re.sub(options, theirs, text, flags=re.MULTILINE)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, (folder / "said").read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError((folder / "said").read_text())


def _certificate(folder: Path) -> tuple[Path, Path]:
    """One for HOST that it signed itself, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = folder / "fullchain.pem", folder / "key.pem"
    written[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    written[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return written

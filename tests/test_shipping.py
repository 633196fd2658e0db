"""What the service is shipped as: the image, Compose and Kubernetes files, systemd units and alert
rules, each looked at by the program or the schema that it is for.
"""

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from bot import __version__
from bot.settings import Settings
from tests.conftest import ROOT
from tests.proxies import program

OPS = ROOT / "ops"
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((OPS / "compose.yml").read_text(encoding="utf-8"))
KUSTOMIZATION: dict[str, Any] = yaml.safe_load(
    (OPS / "kubernetes/kustomization.yaml").read_text(encoding="utf-8")
)
OBJECTS: list[dict[str, Any]] = [
    each
    for name in KUSTOMIZATION["resources"]
    for each in yaml.safe_load_all((OPS / "kubernetes" / name).read_text(encoding="utf-8"))
]
UNITS = sorted([*OPS.glob("*.service"), *OPS.glob("*.timer")])
EXPOSURE = 30
"""What `systemd-analyze security` may say at most, of 100: it prints a tenth of it."""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def schema(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(
        (ROOT / "tests/data/schemas" / f"{name}.json").read_text(encoding="utf-8")
    )
    return read


# The image


def hadolint(text: str, tmp_path: Path) -> str:
    file = tmp_path / "Containerfile"
    file.write_text(text, encoding="utf-8")
    done = run(Path(sys.executable).parent / "hadolint", file)
    assert (done.returncode == 0) is not bool(done.stdout)
    return done.stdout


def test_the_containerfile_is_clean(tmp_path: Path) -> None:
    assert hadolint(CONTAINERFILE, tmp_path) == ""
    assert "DL3002" in hadolint(CONTAINERFILE.replace("10001:10001", "root"), tmp_path)


def test_the_image_is_run_by_nobody_in_particular() -> None:
    *_, last = CONTAINERFILE.split("\nFROM ")
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in last
    assert "/health/live" in last
    assert "apt-get" not in last  # nothing that builds is shipped
    assert "AS build\n" in CONTAINERFILE


def test_the_image_says_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', CONTAINERFILE))
    assert labels["version"] == __version__
    assert labels.keys() >= {"title", "description"}
    assert (ROOT / labels["documentation"]).is_file()


def test_the_image_gets_what_it_is_made_of_and_no_more() -> None:
    ignored = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n"))
    copied = re.findall(r"^COPY --from=build /opt/signpost/(\S+)", CONTAINERFILE, re.MULTILINE)
    assert {"bot", "actions", "models", ".venv"} <= set(copied)
    assert {".git", ".venv", "models", "var", "audit"} <= ignored
    assert not {"bot", "actions", "packages", "data", "tools"} & ignored


# Compose


def compose_mistakes(read: dict[str, Any]) -> list[str]:
    return [
        error.message for error in jsonschema.Draft7Validator(schema("compose")).iter_errors(read)
    ]


def test_the_compose_file_is_one() -> None:
    assert compose_mistakes(COMPOSE) == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda service: service.update(readonly=service.pop("read_only")),
        lambda service: service.update(pids_limit=[256]),
        lambda service: service.update(cap_drop="ALL"),
    ],
)
def test_a_mistake_in_it_would_be_seen(broken: Callable[[dict[str, Any]], None]) -> None:
    read = copy.deepcopy(COMPOSE)
    broken(read["services"]["gateway-1"])
    assert compose_mistakes(read)


def gateways() -> list[dict[str, Any]]:
    return [s for name, s in COMPOSE["services"].items() if name.startswith("gateway-")]


def test_compose_names_only_what_is_there() -> None:
    for name, service in COMPOSE["services"].items():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
        volumes = {volume.split(":")[0] for volume in service.get("volumes", ())}
        files = {volume for volume in volumes if volume.startswith(".")}
        assert volumes - files <= set(COMPOSE["volumes"]), name
        assert all((OPS / file).is_file() for file in files)
    named = COMPOSE["services"]["proxy"]["environment"]["GATEWAYS"].split()
    assert named == [f"{name}:8080" for name in COMPOSE["services"] if name.startswith("gateway-")]


def test_compose_holds_the_gateways_in() -> None:
    assert len(gateways()) == 2
    for service in gateways():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in service  # only the proxy is seen from outside
        assert service["networks"] == ["inside"]
        assert service["image"] == f"signpost:{__version__}"
    first, second = gateways()
    assert set(first["volumes"]) & set(second["volumes"]) == {"keys:/var/lib/signpost-keys"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}


# Kubernetes


def kubernetes_mistakes(each: dict[str, Any]) -> list[str]:
    group = each["apiVersion"].replace("networking.k8s.io", "networking").replace("/", ".")
    kind = f"io.k8s.api.{'core.v1' if group == 'v1' else group}.{each['kind']}"
    whole = {"$ref": f"#/$defs/{kind}", "$defs": schema("kubernetes")["$defs"]}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(each)]


@pytest.mark.parametrize(
    "each", OBJECTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}"
)
def test_each_kubernetes_object_is_one(each: dict[str, Any]) -> None:
    assert kubernetes_mistakes(each) == []
    assert each["kind"] == "Namespace" or each["metadata"]["namespace"] == "signpost"


@pytest.mark.parametrize(
    "broken",
    [
        lambda pod: pod.update(terminationGracePeriod=30),
        lambda pod: pod["containers"][0].update(readinessProbe={"httpGet": {"path": "/"}}),
        lambda pod: pod.update(securityContext={"runAsUser": "nobody"}),
        lambda pod: pod.pop("containers"),
    ],
)
def test_a_mistake_in_an_object_would_be_seen(broken: Callable[[dict[str, Any]], object]) -> None:
    read = copy.deepcopy(the("StatefulSet"))
    broken(read["spec"]["template"]["spec"])
    assert kubernetes_mistakes(read)


def kustomized(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(program("kubectl"), "kustomize", folder)


def test_kustomize_makes_of_it_what_is_looked_at_here(tmp_path: Path) -> None:
    made = list(yaml.safe_load_all(kustomized(OPS / "kubernetes").stdout))
    assert sorted(map(name_of, made)) == sorted(map(name_of, OBJECTS))
    assert [mistake for each in made for mistake in kubernetes_mistakes(each)] == []
    images = {image for each in made for image in re.findall(r"'image': '([^']+)'", str(each))}
    assert f"registry.trust.example/signpost:{__version__}" in images
    assert "signpost" not in {image.partition(":")[0] for image in images}
    broken = tmp_path / "kubernetes"
    shutil.copytree(OPS / "kubernetes", broken)
    (broken / "shared.yaml").unlink()
    assert kustomized(broken).returncode != 0


def name_of(each: dict[str, Any]) -> tuple[str, str]:
    return each["kind"], each["metadata"]["name"]


def the(kind: str, name: str = "signpost") -> dict[str, Any]:
    return next(o for o in OBJECTS if (o["kind"], o["metadata"]["name"]) == (kind, name))


def pods() -> Iterator[dict[str, Any]]:
    for each in OBJECTS:
        if each["kind"] in {"StatefulSet", "Deployment"}:
            yield each["spec"]["template"]["spec"]


def test_every_pod_is_held_in_as_the_namespace_asks() -> None:
    """Pod Security Standards, "restricted"."""
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            held = container["securityContext"]
            assert held["allowPrivilegeEscalation"] is False
            assert held["readOnlyRootFilesystem"] is True
            assert held["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]


def test_what_is_named_in_kubernetes_is_there() -> None:
    gateway = the("StatefulSet")["spec"]
    pod = gateway["template"]["spec"]
    volumes = {v["name"] for v in pod["volumes"]} | {
        v["metadata"]["name"] for v in gateway["volumeClaimTemplates"]
    }
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert {m["name"] for m in container["volumeMounts"]} <= volumes
    assert the("Service", gateway["serviceName"])
    assert the("ConfigMap", pod["containers"][0]["envFrom"][0]["configMapRef"]["name"])
    ports = {p["name"] for p in pod["containers"][0]["ports"]}
    for name in ("signpost", "signpost-each"):
        service = the("Service", name)["spec"]
        assert {p["targetPort"] for p in service["ports"]} <= ports
        assert service["selector"] == gateway["template"]["metadata"]["labels"]
    assert the("PodDisruptionBudget")["spec"]["selector"] == gateway["selector"]
    (image,) = KUSTOMIZATION["images"]
    assert (image["name"], image["newTag"]) == ("signpost", __version__)
    assert sorted(KUSTOMIZATION["resources"]) == sorted(
        file.name for file in (OPS / "kubernetes").iterdir() if file.stem != "kustomization"
    )


@pytest.mark.parametrize("where", ["compose", "kubernetes"])
def test_the_settings_that_they_give_are_good(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = (
        gateways()[0]["environment"]
        if where == "compose"
        else {**the("ConfigMap")["data"], "SIGNPOST_SPONSOR_DATABASE": "postgresql://a:b@c/d"}
    )
    monkeypatch.setenv("HOST", "0.0.0.0")  # as the image has it
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.proxy_hops == 1
    assert settings.sponsor_keys is not None
    assert settings.metrics_port == 9100


def test_nobody_is_killed_while_answers_are_under_way() -> None:
    """The supervisor needs up to 15 s: STOP_SECONDS in bot/supervisor.py."""
    pod = the("StatefulSet")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= 20
    assert all(service["stop_grace_period"] == "20s" for service in gateways())
    assert "TimeoutStopSec=20" in (OPS / "signpost.service").read_text(encoding="utf-8")


# systemd


def verify(units: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Looks at units as if the service were installed: its interpreter is the one that runs this."""
    here = "/opt/signpost/.venv/bin/python"
    for name, text in units.items():
        (folder / name).write_text(text.replace(here, sys.executable), encoding="utf-8")
    return run(program("systemd-analyze"), "verify", *(folder / name for name in units))


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = {unit.name: unit.read_text(encoding="utf-8") for unit in UNITS}
    done = verify(units, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    units["signpost.service"] = units["signpost.service"].replace("MemoryMax=3G", "MemoryMost=3G")
    assert "MemoryMost" in verify(units, tmp_path).stderr


@pytest.mark.parametrize("unit", sorted(OPS.glob("*.service")), ids=lambda unit: unit.name)
def test_the_units_are_held_in(unit: Path, tmp_path: Path) -> None:
    def exposed(file: Path) -> bool:
        done = run(
            program("systemd-analyze"),
            "security",
            "--offline=true",
            f"--threshold={EXPOSURE}",
            file,
        )
        assert "Overall exposure level" in done.stdout
        return done.returncode != 0

    assert not exposed(unit)
    bare = tmp_path / unit.name
    bare.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    assert exposed(bare)


@pytest.mark.parametrize(
    ("unit", "command"),
    [
        ("signpost-backup", "sponsors backup"),
        ("signpost-retention", "sponsors purge --yes --before"),
    ],
)
def test_what_a_timer_starts_is_a_command_of_ours(unit: str, command: str) -> None:
    assert f"-m bot {command}" in (OPS / f"{unit}.service").read_text(encoding="utf-8")
    assert (OPS / f"{unit}.timer").is_file()


# Alerts


def test_prometheus_takes_the_alerts(tmp_path: Path) -> None:
    text = (OPS / "alerts.yml").read_text(encoding="utf-8")
    done = run(program("promtool"), "check", "rules", OPS / "alerts.yml")
    assert done.returncode == 0, done.stderr
    assert f"{text.count('- alert:')} rules found" in done.stdout
    broken = tmp_path / "alerts.yml"
    broken.write_text(text.replace("rate(", "rat(", 1), encoding="utf-8")
    assert run(program("promtool"), "check", "rules", broken).returncode != 0


def test_alerts_fire_when_they_should_and_not_otherwise() -> None:
    done = run(program("promtool"), "test", "rules", ROOT / "tests/data/alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr

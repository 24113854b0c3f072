"""The files that people deploy with, held against rules and against the product."""

import configparser
import os
import re
import runpy
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from project.open_files import SPARE
from tests.cluster.nginx import AROUND
from tests.unit.docs.test_readme import names_read

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEMPLATE = (ROOT / "deploy" / "nginx.conf.template").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
PROGRAMS = Path(sys.executable).parent
SECRET = re.compile(r"SECRET|PASSWORD|SPOTIFY_CLIENT_ID")
HAS_A_DEFAULT = {"CHECKPOINT_WEBHOOK_SECRET"}
MAY_BE_LEFT_OUT = re.compile(r"^\$\{\w+:-\}$")
MUST_BE_GIVEN = re.compile(r"\$\{\w+:\?[^}]+\}")


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_checked_limited_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert service["restart"] == "unless-stopped"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root(name: str) -> None:
    service = SERVICES[name]
    if service.get("build"):
        users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
        assert users and all(int(user) > 0 for user in users)
        assert DOCKERFILE.index("USER") > DOCKERFILE.rindex("RUN")
    else:
        assert service["user"] not in ("root", "0")


def test_every_image_has_a_version() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    foreign = [service["image"] for service in SERVICES.values() if not service.get("build")]
    for image in bases + foreign:
        assert re.fullmatch(r"[a-z/-]+:\d[\w.-]*", image), image


def test_secrets_come_from_the_environment_and_are_asked_for() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name) or "password" in str(value).lower():
                wanted = MAY_BE_LEFT_OUT if name in HAS_A_DEFAULT else MUST_BE_GIVEN
                assert wanted.search(value), name


def test_every_name_in_the_compose_file_is_told_or_may_be_left_out() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for name in re.findall(r"\$\{(\w+):", text):
        assert f"`{name}`" in README, name


def test_every_setting_reaches_the_containers_or_it_is_said_why_not() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    left_out = set(re.findall(r"^ +# ([A-Z][A-Z0-9_]+): \w+", text, re.MULTILINE))
    for name in ("web-1", "web-2", "worker-1", "worker-2"):
        passed = SERVICES[name]["environment"]
        assert passed.keys() | left_out == names_read()
        assert not passed.keys() & left_out
        for setting, value in passed.items():
            if "${" in value and setting not in ("DATABASE_URL", "ALLOWED_HOSTS", "LOG_FORMAT"):
                assert value.startswith((f"${{{setting}:-}}", f"${{{setting}:?")), setting


def test_machines_write_logs_that_programs_read_unless_the_settings_say_otherwise() -> None:
    for name in ("web-1", "web-2", "worker-1", "worker-2"):
        assert SERVICES[name]["environment"]["LOG_FORMAT"] == "${LOG_FORMAT:-json}"
    for unit in (ROOT / "deploy" / "systemd").glob("*.service"):
        assert "Environment=LOG_FORMAT=json" in unit.read_text().splitlines()


def test_prometheus_may_ask_every_web_process_by_its_name() -> None:
    for name in ("web-1", "web-2"):
        assert name in SERVICES[name]["environment"]["ALLOWED_HOSTS"].split(",")
        assert f"`{name}:8000`" in README


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_two_web_processes_and_two_workers_and_the_proxy_knows_where() -> None:
    assert [name for name in SERVICES if name[:3] in ("web", "wor")] == [
        "web-1",
        "web-2",
        "worker-1",
        "worker-2",
    ]
    proxy = SERVICES["proxy"]["environment"]
    for web in ("web-1", "web-2"):
        assert (
            f"{SERVICES[web]['networks']['inside']['ipv4_address']}:8000"
            in (proxy["GROOVELOG_WEBS"])
        )


def test_the_proxys_file_has_every_value_that_it_asks_for() -> None:
    wanted = set(re.findall(r"\$\{(GROOVELOG_\w+)\}", TEMPLATE))
    assert wanted == set(SERVICES["proxy"]["environment"])
    for name in wanted:
        assert f"{name}=" in README, name


def test_a_thousand_browsers_fit_through_the_proxy_and_all_that_are_allowed_into_a_process() -> (
    None
):
    container = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    assert any("deploy/nginx.conf:" in volume for volume in SERVICES["proxy"]["volumes"])
    for text in (container, README, AROUND):
        (connections,) = re.findall(r"^events \{ worker_connections (\d+); \}$", text, re.MULTILINE)
        (files,) = re.findall(r"^worker_rlimit_nofile (\d+);$", text, re.MULTILINE)
        assert int(files) > int(connections) > 2 * 1000
    (unit,) = [unit.read_text(encoding="utf-8") for unit in UNITS if "web" in unit.name]
    (allowed,) = re.findall(r"^LimitNOFILE=(\d+)$", unit, re.MULTILINE)
    assert min(int(allowed), SERVICES["web-1"]["ulimits"]["nofile"]) > settings.MAX_SOCKETS + SPARE


def test_the_image_has_all_of_the_product_and_no_settings() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and line[0] != "#"]
    assert rules[0] == "*", "what is not named stays out"
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    roots = packages["tool"]["importlinter"]["root_packages"]
    needed = {f"!{name}" for name in [*roots, "asgi.py", "manage.py", "requirements.txt"]}
    assert needed <= set(rules)
    for rule in rules[1:]:
        assert "*" in rule or (ROOT / rule[1:]).exists(), rule


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_has_an_account_of_its_own_and_no_way_out(unit: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text(encoding="utf-8"))
    service = parser["Service"]
    assert service["User"] == "groovelog"
    assert service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["Restart"] == "always"
    assert service["ExecStartPre"].endswith("manage.py prepare")
    assert "deploy/healthy.py" in service["ExecStartPost"]
    assert not any(name.startswith(("SECRET", "DATABASE")) for name in service)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line_of_a_unit(unit: Path, tmp_path: Path) -> None:
    """It looks for the programs, too, so they are where this is."""
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/groovelog/.venv/bin", str(PROGRAMS)))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert unit.name.partition("@")[0] not in done.stderr, done.stderr
    assert done.returncode == 0


def test_the_health_check_is_a_program() -> None:
    assert os.access(ROOT / "deploy" / "healthy.py", os.X_OK)


def test_the_health_check_asks_where_the_unit_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.2", 0), SimpleHTTPRequestHandler) as elsewhere:
        threading.Thread(target=elsewhere.handle_request, daemon=True).start()
        web = runpy.run_path(str(ROOT / "deploy" / "healthy.py"))["web"]
        monkeypatch.setenv("LISTEN", "127.0.0.2")
        assert "answers 404" in web(elsewhere.server_port)
        monkeypatch.delenv("LISTEN")
        assert "refused" in web(elsewhere.server_port)
    (unit,) = [unit.read_text(encoding="utf-8") for unit in UNITS if "web" in unit.name]
    assert "-b ${LISTEN}" in unit

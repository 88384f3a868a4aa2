"""The container's files, read strictly, as no engine builds them here; their commands run without one."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from wherefore.cli import app

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
ENTRYPOINT = ROOT / "docker" / "entrypoint.sh"
READY = ROOT / "docker" / "ready.py"
LINES = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE)).splitlines()
STAGES = [[]]
for _line in LINES:
    if _line.startswith("FROM "):
        STAGES.append([])
    STAGES[-1].append(_line)


def of(word: str, lines: list[str]) -> list[str]:
    return [line.removeprefix(word).strip() for line in lines if line.startswith(f"{word} ")]


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a path into the build: the last line that speaks of it decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.removeprefix("!").strip()
        if not rule or rule.startswith("#"):
            continue
        parts = Path(path).parts
        heads = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if any(
            fnmatch.fnmatch(head, rule) or fnmatch.fnmatch(f"/{head}", rule.replace("**", "*"))
            for head in heads
        ):
            sent = line.startswith("!")
    return sent


def serve_options() -> set[str]:
    serve = get_command(app).commands["serve"]
    return {option for one in serve.params for option in one.opts}


def test_hadolint_finds_nothing():
    linter = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_copied_is_there_and_is_sent():
    copied = [words.split() for stage in STAGES for words in of("COPY", stage) if "--from" not in words]
    sources = [source for words in copied for source in words[:-1]]
    assert {"src", "ui", "constraints.txt", "docker/entrypoint.sh"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists() and is_sent(source), source
    tracked = {path.name for path in ROOT.iterdir()}
    for path in tracked - {
        "LICENSE",
        "README.md",
        "constraints.txt",
        "docker",
        "pyproject.toml",
        "src",
        "ui",
    }:
        assert not is_sent(path), path
    for path in ("secrets/db_password", "keys/keys.json", ".git/config", "src/wherefore/__pycache__/a.pyc"):
        assert not is_sent(path), path


def test_the_image_runs_without_root_and_installs_what_is_locked():
    build, final = STAGES[1], STAGES[2]
    assert len(STAGES) == 3 and "AS build" in build[0]
    assert of("USER", final) == ["10001:10001"]
    assert not any(re.search(r"pip install|apt-get|curl|wget", line) for line in final)
    installs = [line for line in build if "pip install" in line]
    parts = [part for line in installs for part in re.findall("pip install[^;]*", line)]
    assert len(parts) == 3 and all("-c constraints.txt" in part for part in parts)
    assert "'.[serve]'" in installs[-1]
    assert "ready.py" in of("HEALTHCHECK", final)[0] and of("STOPSIGNAL", final) == ["SIGTERM"]
    assert not re.search(r"(?i)(password|token|secret)\s*=", DOCKERFILE)
    assert of("VOLUME", final) == ['["/var/lib/wherefore", "/var/cache/wherefore"]']


@pytest.mark.parametrize("name", ["wherefore", "db"])
def test_a_service_can_do_no_more_than_it_must(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith(("0", "root")) and "privileged" not in service
    assert service["healthcheck"]["test"][0] == "CMD" and service["healthcheck"]["retries"] > 1
    assert service["mem_limit"] and service["pids_limit"] and service["tmpfs"]
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (source.startswith("./") and volume.endswith(":ro")), volume
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for key, value in service["environment"].items():
        assert "PASSWORD" not in key or (key.endswith("_FILE") and value == "/run/secrets/db_password")
        assert not re.search(r"//[^@/]+:[^@/]+@", str(value)), "a password in an address"


def test_the_database_is_reached_by_the_server_alone():
    services = COMPOSE["services"]
    assert "ports" not in services["db"] and services["db"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert services["wherefore"]["depends_on"]["db"]["condition"] == "service_healthy"
    assert services["wherefore"]["ports"] == ["${WHEREFORE_PORT:-127.0.0.1:8000}:8000"]
    assert services["wherefore"]["user"] in DOCKERFILE
    grace = next(one.default for one in get_command(app).commands["serve"].params if one.name == "grace")
    assert int(services["wherefore"]["stop_grace_period"].removesuffix("s")) > grace


def test_commands_have_the_options_that_they_are_given():
    command = COMPOSE["services"]["wherefore"]["command"]
    assert command == yaml.safe_load(of("CMD", STAGES[2])[0])
    given = [word for word in command if word.startswith("--")]
    assert given and set(given) <= serve_options()
    assert dict(zip(command[::2], command[1::2], strict=True))["--keys"].startswith("/etc/wherefore/")


@pytest.fixture
def started(tmp_path):
    """Runs the entrypoint with a `wherefore` that prints how it was called."""
    fake = tmp_path / "bin" / "wherefore"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "$@"\necho "password=${PGPASSWORD:-}"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IEXEC)

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{fake.parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", str(ENTRYPOINT), *words],
            env={"PATH": path, **environment},
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run


def test_the_entrypoint_hands_on_options_and_reads_the_password(started, tmp_path):
    (tmp_path / "password").write_text("se cret'\"$x\n")
    done = started("--host", "0.0.0.0", "a b", WHEREFORE_DB_PASSWORD_FILE=str(tmp_path / "password"))
    assert done.stdout == "serve --host 0.0.0.0 a b\npassword=se cret'\"$x\n"
    assert started().stdout == "serve\npassword=\n"
    lacking = started(WHEREFORE_DB_PASSWORD_FILE=str(tmp_path / "none"))
    assert lacking.returncode == 78 and "see that the file is there" in lacking.stderr and not lacking.stdout


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_whether_it_is_ready(status, code):
    paths = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {**os.environ, "WHEREFORE_READY_URL": f"http://127.0.0.1:{server.server_port}/readyz"}
        done = subprocess.run([sys.executable, str(READY)], env=environment, capture_output=True, timeout=30)
        server.shutdown()
    assert done.returncode == code and paths == ["/readyz"]
    gone = subprocess.run(
        [sys.executable, str(READY)], env=environment, capture_output=True, text=True, timeout=30
    )
    assert gone.returncode == 1 and "not ready" in gone.stderr


def test_the_server_starts_as_in_the_container_and_writes_nowhere_else(tmp_path):
    """Entrypoint and options of the image; it ends at a key file that is not there, before anything is loaded."""
    keys = tmp_path / "keys.json"
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "wherefore").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wherefore "$@"\n')
    (fake / "wherefore").chmod(0o755)
    command = [
        str(keys) if word.startswith("/etc/") else word
        for word in COMPOSE["services"]["wherefore"]["command"]
    ]
    place = tmp_path / "place"
    place.mkdir(mode=0o500)
    done = subprocess.run(
        ["sh", str(ENTRYPOINT), *command],
        env={
            "PATH": f"{fake}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HOME": str(tmp_path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0 and str(keys) in done.stderr and "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "place"} and not list(place.iterdir())

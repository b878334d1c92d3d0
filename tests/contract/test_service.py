"""The service as users start it: `fillrate serve` on loopback, and a built Bento."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(words, environment, cwd):
    """Run a server until the block ends; then end its whole process group."""
    log = cwd / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            words, env=environment, cwd=cwd, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield server, log
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(server.pid, number)
                server.wait(timeout=20)


def until_ready(base, server, log):
    for _ in range(START_SECONDS * 4):
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"{base}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    pytest.fail(f"the service did not get ready:\n{log.read_text(encoding='utf-8')[-3000:]}")


def environment_of(home, **more):
    return {**os.environ, "FILLRATE_HOME": str(home), "PYTHONWARNINGS": "default", **more}


def check_service(base):
    """Call every kind of resource once."""
    answer = httpx.post(f"{base}/v1/forecasts", json={"skus": ["SKU-04"], "horizon": 3})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["series"][0]["periods"]) == 3
    assert httpx.post(f"{base}/v1/plans", json={"skus": ["SKU-04"]}).status_code == 200
    missing = httpx.get(f"{base}/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert httpx.put(f"{base}/v1/plans").status_code == 405
    assert httpx.get(f"{base}/livez").text == httpx.get(f"{base}/healthz").text == "alive\n"
    assert httpx.get(f"{base}/v1/openapi.json").json()["openapi"].startswith("3.1")
    assert re.search(r'fillrate_http_requests_total\{.*route="/v1/plans".*\} 1.0', httpx.get(f"{base}/metrics").text)


def test_fillrate_serve_answers_on_loopback_and_stops_at_ctrl_c(shop, trained_home, tmp_path):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "serving.cli", "serve", "--data", str(shop), "--port", str(port)]
    with running(words, environment_of(trained_home, PYTHONPATH=str(ROOT)), tmp_path) as (server, log):
        until_ready(base, server, log)
        check_service(base)
        os.killpg(server.pid, signal.SIGINT)
        server.wait(timeout=20)
        text = log.read_text(encoding="utf-8")
        assert "Traceback" not in text, text
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{base}/livez")


def test_a_port_in_use_is_refused_with_one_line(shop, trained_home, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = [sys.executable, "-m", "serving.cli", "serve", "--data", str(shop), "--port", str(port)]
        done = subprocess.run(
            words, env=environment_of(trained_home, PYTHONPATH=str(ROOT)), cwd=tmp_path, capture_output=True, text=True
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1 port {port}")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_built_bento_serves(shop, trained_home, tmp_path):
    bentoml = Path(sys.executable).with_name("bentoml")
    environment = environment_of(trained_home, BENTOML_HOME=str(tmp_path / "bentoml"), FILLRATE_DATA=str(shop))
    environment |= {"BENTOML_DO_NOT_TRACK": "True", "PYTHONPATH": ""}
    built = subprocess.run(
        [bentoml, "build", "-o", "tag"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    tag = re.search(r"__tag__:(\S+)", built.stdout).group(1)
    port = free_port()
    words = [str(bentoml), "serve", tag, "--host", "127.0.0.1", "--port", str(port)]
    with running(words, environment, tmp_path) as (server, log):
        base = f"http://127.0.0.1:{port}"
        until_ready(base, server, log)
        check_service(base)


def test_the_bento_needs_what_the_package_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bento = yaml.safe_load((ROOT / "bentofile.yaml").read_text(encoding="utf-8"))
    assert bento["python"]["packages"] == project["dependencies"]


def test_the_pins_cover_every_dependency_and_name_no_host():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {line.split("==")[0].lower().replace("_", "-") for line in lines if not line.startswith("#")}
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["postgres"], *extras["dask"]]
    names = {re.split(r"[\[<>=!~ ]", item)[0].lower() for item in wanted}
    assert names <= pins
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==\S+", line) for line in lines if not line.startswith("#"))
    assert not any("://" in line or "@" in line for line in lines)

#!/usr/bin/env python3
"""Runs one language's client program against a server and a sandbox of its own, and compares what it prints.

    run_languages.py --build DIR LANGUAGE [PROGRAM]

LANGUAGE is a folder beside this file, whose run.sh installs the client package from its built file into an empty
project and runs PROGRAM (default: scenario; see scenario.md). The output must equal expected.txt, of another
program LANGUAGE/PROGRAM.expected.txt, or PROGRAM.expected.txt where the languages share it. Ends with 1 and a diff if it does not. A toolchain that is missing is a failure, unless
ORDER1688_LANGUAGES_OPTIONAL is set: then it ends with 77 (skipped).
"""

import argparse
import difflib
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
SKIPPED = 77
FIRST_ORDER_ID = 2540608320348880794  # of the sample answer: a double cannot hold it
GATEWAY_TIMEOUT = {"missing_deadline": 2}  # seconds, by program
SECRET = "secret-of-the-language-tests"

NEEDS = {
    "cpp": ["cmake", "c++"],
    "go": ["go"],
    "grpcurl": ["buf", "grpcurl"],
    "java": ["javac", "mvn"],
    "node": ["node", "npm"],
    "python": ["python3"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="the build folder that has bin/order1688-server")
    parser.add_argument("language", choices=sorted(NEEDS))
    parser.add_argument("program", nargs="?", default="scenario")
    options = parser.parse_args()
    os.environ["PATH"] = f"{PROJECT / 'build/tools/bin'}:{os.environ['PATH']}"
    missing = [tool for tool in NEEDS[options.language] if not shutil.which(tool)]
    if missing:
        optional = os.environ.get("ORDER1688_LANGUAGES_OPTIONAL")
        print(f"{'skipped: ' if optional else ''}no {missing[0]} (bazel-free-scripts/setup.sh --for test installs it)")
        return SKIPPED if optional else 1
    is_scenario = options.program == "scenario"
    expected = HERE / ("expected.txt" if is_scenario else f"{options.language}/{options.program}.expected.txt")
    if not expected.exists():
        expected = HERE / f"{options.program}.expected.txt"
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="order1688-languages-")))
        sandbox = stack.enter_context(running_sandbox(work))
        environment = stack.enter_context(running_server(options, work, sandbox["port"]))
        environment["ORDER1688_SANDBOX"] = f"http://127.0.0.1:{sandbox['admin_port']}"
        printed = run_client(options, work, environment)
        if printed is None or not same_text(expected, printed):
            print((work / "server.log").read_text("utf-8"), file=sys.stderr)
            return 1
        return 0 if not is_scenario or sandbox_agrees(sandbox["admin_port"]) else 1


@contextmanager
def running(command, port_file, **more):
    """A program that ends with the block or, however it ends, with this process; gives the ports that it says when ready."""
    command = ["setpriv", "--pdeathsig", "KILL", *command]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **more)
    try:
        while not port_file.exists():  # renamed into place
            try:
                sys.exit(f"{command[3]} ended with {process.wait(0.05)} before it was ready")
            except subprocess.TimeoutExpired:
                pass
        yield json.loads(port_file.read_text("utf-8"))
    finally:
        process.terminate()
        process.wait()


@contextmanager
def running_sandbox(work):
    (work / "secret").touch(0o600)
    (work / "secret").write_text(SECRET)
    command = [
        sys.executable, "-B", PROJECT / "tests/sandbox/sandbox.py", "--quiet",
        "--secret-file", work / "secret", "--port-file", work / "sandbox.json",
        "--first-order-id", str(FIRST_ORDER_ID), "--scenario", HERE / "sandbox_plan.json",
    ]  # fmt: skip
    with running(command, work / "sandbox.json") as ports:
        yield ports


@contextmanager
def running_server(options, work, gateway_port):
    """Yields the environment of a client."""
    build = options.build.resolve()
    certs = work / "certs"
    subprocess.run([PROJECT / "bazel-free-scripts/gen-certs.sh", certs], check=True, capture_output=True)
    token = secrets.token_hex(32)
    config = work / "server.textproto"
    config.write_text(f"""
listen: "127.0.0.1:0"
ops_listen: "127.0.0.1:0"
tls {{ cert_file: "{certs}/server.pem" key_file: "{certs}/server.key" }}
accounts {{
  name: "main"
  environment: SANDBOX
  base_url: "http://127.0.0.1:{gateway_port}"
  access_key: "58c0201dfdf148eca63cbf6bb5e7cf03"
  access_secret_file: "{work}/secret"
  user_id: "2100007341207"
  timeout {{ seconds: {GATEWAY_TIMEOUT.get(options.program, 30)} }}
}}
callers {{
  id: "shop"
  token_sha256: "{hashlib.sha256(token.encode()).hexdigest()}"
  accounts: "main"
  permissions: PLACE
  permissions: READ
  permissions: RESOLVE
}}
ledger {{ sqlite {{ path: "{work}/ledger.db" }} }}
""")
    command = [build / "bin/order1688-server", "--config", config, "--port-file", work / "server.json"]
    with (work / "server.log").open("wb") as log, running(command, work / "server.json", stderr=log) as ports:
        yield {
            **os.environ,
            "ORDER1688_ADDRESS": f"127.0.0.1:{ports['port']}",
            "ORDER1688_CA_FILE": f"{certs}/ca.pem",
            "ORDER1688_TOKEN": token,
            "ORDER1688_SCENARIO": str(HERE / "sample_order.json"),
            "ORDER1688_HELPER_RULES": str(HERE / "helper_rules.tsv"),
            "ORDER1688_BUILD": str(build),
            # gRPC would ask a proxy of the environment.
            "no_proxy": f"127.0.0.1,localhost,{os.environ.get('no_proxy', '')}",
        }


def run_client(options, work, environment):
    """What the program printed; None if it failed."""
    project = work / "project"
    project.mkdir()
    command = [HERE / options.language / "run.sh", options.program]
    done = subprocess.run(command, cwd=project, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    printed = done.stdout.decode("utf-8")
    if done.returncode == 0:
        return printed
    print(printed, end="")
    print(f"{options.language} {options.program} ended with {done.returncode}", file=sys.stderr)
    return None


def same_text(expected, printed):
    wanted = expected.read_text("utf-8")
    if printed == wanted:
        return True
    lines = difflib.unified_diff(
        wanted.splitlines(), printed.splitlines(), str(expected.relative_to(PROJECT)), "printed", lineterm=""
    )
    print("\n".join(lines))
    return False


def sandbox_agrees(admin_port):
    """Two placements were sent, each once, and the planned fault really happened."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{admin_port}/counts") as answer:
        counts = json.load(answer)
    with opener.open(f"http://127.0.0.1:{admin_port}/report") as answer:
        hits = [plan["hits"] for plan in json.load(answer)["plans"]]
    seen = {name: counts[name] for name in ("requests_read_whole", "orders", "max_same_body", "refused")}
    seen["hits"] = hits
    wanted = {"requests_read_whole": 2, "orders": 4, "max_same_body": 1, "refused": 0, "hits": [1]}
    if seen != wanted:
        print(f"the sandbox counted {seen}, not {wanted}")
    return seen == wanted


if __name__ == "__main__":
    sys.exit(main())

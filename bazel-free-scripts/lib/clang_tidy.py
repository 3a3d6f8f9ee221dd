#!/usr/bin/env python3
"""Runs clang-tidy on files of a compilation database, in parallel: `clang_tidy.py BUILD_DIR [--fix] FILE.cc…`

A file that passed is not looked at again until it, a project header or .proto that it includes (through any number
of others), .clang-tidy or its compile command changes. What passed is remembered in the user's cache folder
(XDG_CACHE_HOME), for every checkout alike.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

from cpp_includes import includes_of

CLANG_TIDY = "clang-tidy-14"
GENERATED = re.compile(r"(\.grpc)?\.pb\.h$")


def closure(path, known):
    """The project files that `path` is compiled from: itself, headers, and the .proto of generated headers."""
    waiting = [path]
    found = set()
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        if current.endswith(".proto"):
            imports = re.findall(r'^import\s+(?:public\s+)?"([^"]+)"', open(current, encoding="utf-8").read(), re.M)
            candidates = ["protos/" + name for name in imports]
        else:
            if current not in known:
                known[current] = includes_of(current)
            candidates = [
                "protos/" + GENERATED.sub(".proto", name) if GENERATED.search(name) else name for name in known[current]
            ]
        waiting.extend(name for name in candidates if os.path.isfile(name))
    return sorted(found)


def fingerprint(path, command, config, known):
    digest = hashlib.sha256((config + "\n" + command).encode())
    for name in closure(path, known):
        digest.update(b"\0" + name.encode() + b"\0")
        with open(name, "rb") as source:
            digest.update(source.read())
    return digest.hexdigest()


def lint(path, build_dir, fix):
    arguments = [CLANG_TIDY, "--quiet", "-p", build_dir, path] + (["--fix"] if fix else [])
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # stderr holds only the count of suppressed warnings, unless clang-tidy itself failed.
    return done.returncode, done.stdout + (done.stderr if done.returncode and not done.stdout else "")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--fix"]
    fix = len(arguments) != len(sys.argv) - 1
    build_dir, files = arguments[0], arguments[1:]
    with open(os.path.join(build_dir, "compile_commands.json"), encoding="utf-8") as database:
        commands = {os.path.relpath(os.path.join(row["directory"], row["file"])): row["command"] for row in json.load(database)}
    version = subprocess.run([CLANG_TIDY, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    config = version + open(".clang-tidy", encoding="utf-8").read()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache")
    passed_dir = os.path.join(cache, "order1688", "clang-tidy-passed")
    os.makedirs(passed_dir, exist_ok=True)

    known = {}
    waiting = {}
    failed = 0
    for path in files:
        if path not in commands:
            print(f"{path}: not in the compilation database, so nothing builds it")
            failed += 1
            continue
        key = fingerprint(path, commands[path].replace(os.getcwd(), ""), config, known)
        if not os.path.exists(os.path.join(passed_dir, key)):
            waiting[path] = key
    print(f"clang-tidy: {len(waiting)} of {len(files)} files changed", file=sys.stderr)

    # One at a time when fixing: two files may fix the same header.
    workers = 1 if fix else len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        runs = {pool.submit(lint, path, build_dir, fix): path for path in waiting}
        for run in concurrent.futures.as_completed(runs):
            code, output = run.result()
            if code == 0:
                open(os.path.join(passed_dir, waiting[runs[run]]), "w").close()
            else:
                failed += 1
                print(output.strip() or f"{runs[run]}: clang-tidy failed with {code}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

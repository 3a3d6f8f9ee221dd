#!/usr/bin/env python3
"""Checks which folder may include which: `cpp_includes.py FILE…` (project .h and .cc, relative to the project root).

Data goes down and comes back up, so includes go down only; tests may include everything.
"""

import re
import sys

# Folder of the including file: folders whose headers it may include. The longest folder that fits counts.
ALLOWED = {
    "common": ["common"],
    "client": ["common", "client"],
    "client/cli": ["common", "client", "client/cli"],
    "server": ["common", "server", "server/inbound", "server/placement", "server/ledger", "server/upstream", "server/ops", "server/rpc"],
    "server/inbound": ["common", "server", "server/inbound", "server/placement", "server/ledger", "server/ops", "server/rpc"],
    "server/placement": ["common", "server", "server/placement", "server/ledger", "server/upstream", "server/ops"],
    "server/ledger": ["common", "server", "server/ledger", "server/ops"],
    "server/upstream": ["common", "server", "server/upstream", "server/ops"],
    "server/ops": ["common", "server", "server/ops", "server/rpc"],
    "server/rpc": ["common", "server/rpc"],
    "tests": None,
}
# Only the programs' main files and tests build everything; a folder that included it would include what is above it.
TOP_ONLY = ["server/server_app.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def folder_of(path):
    """The longest folder of the table that holds `path`, or None (a generated or foreign header)."""
    fitting = [folder for folder in ALLOWED if path.startswith(folder + "/")]
    return max(fitting, key=len, default=None)


def includes_of(path):
    """The quoted includes of a file, as written."""
    with open(path, encoding="utf-8") as source:
        return INCLUDE.findall(source.read())


def refusals(path):
    folder = folder_of(path)
    if folder is None:
        yield f"{path}: lies in no folder that this check knows"
        return
    if ALLOWED[folder] is None:
        return
    for include in includes_of(path):
        target = folder_of(include)
        if include.startswith("."):
            yield f'{path}: "{include}": includes start at the project root'
        elif target is not None and target not in ALLOWED[folder]:
            yield f'{path}: {folder}/ must not include {target}/ ("{include}")'
        elif include in TOP_ONLY and folder != "server":
            yield f'{path}: {folder}/ must not include "{include}"'


def main():
    found = [refusal for path in sys.argv[1:] for refusal in refusals(path)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

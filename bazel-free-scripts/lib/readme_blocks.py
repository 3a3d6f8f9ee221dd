#!/usr/bin/env python3
"""The README's shell examples that the tests execute.

A code fence that stands right below the line `<!-- run: NAME -->` is executed by a test, so it cannot rot.

    readme_blocks.py [--readme FILE] list           names, one per line, in order
    readme_blocks.py [--readme FILE] extract NAME   the text of one block
    readme_blocks.py [--readme FILE] check          every mark has its fence, names differ, bash can parse each
"""

import argparse
import os
import re
import subprocess
import sys

MARK = re.compile(r"^\s*<!--\s*run:\s*(.*?)\s*-->\s*$")
NAME = re.compile(r"^[a-z0-9][a-z0-9-]*$")
FENCE = re.compile(r"^(`{3,}|~{3,})\s*(\S*)\s*$")
SHELLS = ("sh", "bash", "shell")
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


def parse(lines):
    """Gives ([(name, text)], [complaint])."""
    blocks, complaints = [], []
    fence = None  # the text that closes the open fence
    mark = None  # (name, line number) of a mark that waits for its fence
    taken = None  # lines of the block being read
    for number, line in enumerate(lines, 1):
        if fence is not None:
            if line.strip() == fence:
                if taken is not None:
                    blocks.append((mark[0], "".join(text + "\n" for text in taken)))
                    mark = taken = None
                fence = None
            elif taken is not None:
                taken.append(line)
            continue
        opening = FENCE.match(line)
        if opening:
            fence = opening.group(1)
            if mark is not None:
                taken = []
                if opening.group(2) not in SHELLS:
                    complaints.append(f"line {number}: block '{mark[0]}' is not marked as one of {', '.join(SHELLS)}")
            continue
        if mark is not None:
            complaints.append(f"line {mark[1]}: no code fence right below the mark '{mark[0]}'")
            mark = None
        marked = MARK.match(line)
        if marked:
            mark = (marked.group(1), number)
            if not NAME.match(mark[0]):
                complaints.append(f"line {number}: '{mark[0]}' is no name (a-z, 0-9 and dashes)")
    if fence is not None:
        complaints.append("the last code fence is not closed")
    elif mark is not None:
        complaints.append(f"line {mark[1]}: no code fence right below the mark '{mark[0]}'")
    names = [name for name, _ in blocks]
    complaints += [f"two blocks are named '{name}'" for name in sorted(set(names)) if names.count(name) > 1]
    return blocks, complaints


def syntax_complaints(blocks):
    for name, text in blocks:
        done = subprocess.run(["bash", "-n"], input=text, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            yield f"block '{name}': {done.stderr.strip()}"
        if not text.strip():
            yield f"block '{name}' is empty"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readme", default=README)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list")
    verbs.add_parser("extract").add_argument("name")
    verbs.add_parser("check")
    arguments = parser.parse_args()

    with open(arguments.readme, encoding="utf-8") as readme:
        blocks, complaints = parse(readme.read().splitlines())
    if arguments.verb == "list":
        print("".join(name + "\n" for name, _ in blocks), end="")
        return 0
    if arguments.verb == "extract":
        texts = [text for name, text in blocks if name == arguments.name]
        if len(texts) != 1:
            print(f"{len(texts)} blocks are named '{arguments.name}'", file=sys.stderr)
            return 1
        print(texts[0], end="")
        return 0
    complaints += syntax_complaints(blocks)
    if not blocks:
        complaints.append("no block is marked with <!-- run: NAME -->")
    print("".join(f"README.md: {complaint}\n" for complaint in complaints), end="")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

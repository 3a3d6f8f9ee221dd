#!/usr/bin/env python3
"""Starts the stand-in gateway. `sandbox.py --help` and README.md say how to use it."""

import sys

from order1688_sandbox.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Adds up what the tests gave: `test_summary.py NAME=FILE…`; the closing lines are ctest's, over everything.

FILE is ctest's JUnit file (.xml), or the log of python's unittest or of libFuzzer. A file that is missing or cannot
be read counts as one failed test: a result that was not written is no success.
"""

import re
import sys
import xml.etree.ElementTree


class Result:
    def __init__(self, name):
        self.name = name
        self.tests = 0
        self.failed = []
        self.skipped = []
        self.note = ""


def read_junit(result, path):
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        result.tests += 1
        name = case.get("name", "?")
        # ctest: run, fail, notrun (skipped by itself, or not built: a failure) or disabled.
        skipped = case.find("skipped")
        if case.get("status") == "run":
            continue
        if case.get("status") == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP")):
            result.skipped.append(name)
        else:
            result.failed.append(name)


def read_unittest(result, log):
    ran = re.search(r"^Ran (\d+) tests? in", log, re.M)
    result.tests = int(ran.group(1)) if ran else 0
    result.failed = re.findall(r"^(?:FAIL|ERROR): (\S+)", log, re.M)
    if not result.failed and (result.tests == 0 or not re.search(r"^OK", log, re.M)):
        result.failed = ["unittest (no result)"]
    result.tests = max(result.tests, len(result.failed))


def read_fuzzer(result, log):
    result.tests = 1
    executions = re.search(r"^stat::number_of_executed_units:\s*(\d+)", log, re.M)
    result.note = f"fuzz executions: {executions.group(1) if executions else 'none'}"
    if not executions or executions.group(1) == "0" or "fuzzer failed with" in log:
        result.failed = ["json_decoder_fuzz"]


def read(name, path):
    result = Result(name)
    try:
        if path.endswith(".xml"):
            read_junit(result, path)
        else:
            with open(path, encoding="utf-8", errors="replace") as log:
                (read_fuzzer if name == "fuzz" else read_unittest)(result, log.read())
        if result.tests == 0:
            raise ValueError("no tests")
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
        result.tests += 1
        result.failed.append(f"{name} ({error})")
    return result


def main():
    results = [read(*argument.split("=", 1)) for argument in sys.argv[1:]]
    print("\nSummary")
    for result in results:
        note = f"  ({result.note})" if result.note else ""
        print(f"  {result.name:8} {result.tests:5} tests, {len(result.failed)} failed, {len(result.skipped)} skipped{note}")
        for kind, names in (("failed", result.failed), ("skipped", result.skipped)):
            for name in names:
                print(f"    {kind}: {name}")
    tests = sum(result.tests for result in results)
    failed = sum(len(result.failed) for result in results)
    percent = 100 if failed == 0 else min(99, 100 * (tests - failed) // tests)
    print(f"\n{percent}% tests passed, {failed} tests failed out of {tests}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

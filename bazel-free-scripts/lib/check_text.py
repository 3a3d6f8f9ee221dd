#!/usr/bin/env python3
"""Looks for text that must not be in the repository: `check_text.py FILE…`, paths relative to the project root.

Secrets, the personal data of the vendor's published sample, hosts of package registries, folders of one developer's
machine, and notes about unfinished work. The patterns are written so that they do not match themselves.
"""

import hashlib
import re
import sys

# (what it is, pattern, folders or files that may hold it)
PATTERNS = [
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----", []),
    ("a cloud access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abpr]-[0-9A-Za-z-]{10,}", []),
    ("a registry or mirror host", r"\b(?:deb|security|registry|proxy|index|static|files|repo1?|pypi|crates|docker)(?:[.][a-z0-9-]+)*[.](?:org|com|io)\b|\bpythonhosted\b", []),
    ("a folder of one machine", r"(?<![\w.}$-])/(?:home|root|work|Users)/\w", []),
    ("unfinished work", r"\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b", []),
    ("a conflict mark", r"(?m)^(?:<{7}|>{7}|={7})(?: |$)", []),
]

# Long random-looking literals are keys until shown otherwise: hex from 32 digits, base64 from 40 characters.
# Sure to be none: signing vectors (their keys are published samples or invented), the fuzz corpus, sums of Go modules.
LITERAL = re.compile(r"(?<![\w+/-])(?:[0-9a-fA-F]{32,}|[A-Za-z0-9+/_-]{40,}={0,2})(?![\w+/-])")
KNOWN_LITERALS = {
    "e61a85a671bb3d0301d0412b51641c6b",  # specId of the vendor's published sample
    "58c0201dfdf148eca63cbf6bb5e7cf03",  # access key of the vendor's published manual
    "1a4cc8ca912144eb92e77ccfcf74fbe8",  # requestId of the vendor's published sample
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",  # SHA-256 of nothing
    "aaf0aa84e125bc25680bf1f250b09b52558230fa0b192cea0ffcd68aeea96d54",  # fingerprints under a test's key, version 1 and 2
    "e3ff0ccfc49ac91cb5e138333acd7598b0f9a4ad8871ee38c2a68f02b7ea69d6",
    "598e4709eeb695faa8c636eaba0dd4de4ea1061353acc685d376de448e41b9c0",  # a hash of the duplicate guard under a test's key
    "_ZN6google8protobuf8internal14WireFormatLite16VerifyUtf8StringEPKciNS2_9OperationES4_",  # a function, as the linker knows it
}
LITERALS_ALLOWED_IN = ["tests/vectors/", "tests/fuzz/corpus/", "tests/sandbox/tests/test_signature.py", "client/go/go.sum", "server/branch_profile.yaml"]

# The first 8 hex digits of the SHA-256 of words that came with the vendor's sample: people's names, phone numbers,
# logins. Only digests, so that this file does not spread them.
PERSONAL = {
    "2f458154", "70df8ac0", "a9e11f6d", "301e2900", "a006d29b",
    "30d8b228", "d39a4006", "bdd750f3", "e70b1858", "a578121b",
}
# Digits or word characters in one run, and all runs of 3 or 4 Chinese characters.
WORD = re.compile(r"[0-9]{11,}|[a-z0-9]{6,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]{3,}")


def words_of(text):
    for match in WORD.finditer(text.lower()):
        word = match.group()
        yield word, match.start()
        if word.isdigit() and 11 < len(word) <= 24:  # a mobile number has 11 digits, maybe behind a country code
            for start in range(len(word) - 10):
                yield word[start : start + 11], match.start()
    for match in CHINESE.finditer(text):
        run = match.group()
        for length in (3, 4):
            for start in range(len(run) - length + 1):
                yield run[start : start + length], match.start()


def looks_random(literal):
    """A key uses letters of both kinds and digits, mixed; a name, a path or a counted-up example does not."""
    text = literal.rstrip("=")
    if "".join(sorted(set(text))) == text[: len(set(text))] or len(set(text)) < 8:
        return False
    if re.fullmatch(r"[0-9a-fA-F]+", text):
        return not text.isdigit()
    if "/" in text and re.search(r"[a-z]{4,}/", text):
        return False
    switches = sum(1 for a, b in zip(text, text[1:]) if (a.isdigit() != b.isdigit()))
    return switches >= 4 and re.search("[a-z]", text) is not None and re.search("[A-Z]", text) is not None


def findings(path, text):
    def line_of(offset):
        return text.count("\n", 0, offset) + 1

    for what, pattern, allowed in PATTERNS:
        if any(path.startswith(prefix) for prefix in allowed):
            continue
        for match in re.finditer(pattern, text):
            yield f"{path}:{line_of(match.start())}: {what}: {match.group()[:60].strip()}"
    if not any(path.startswith(prefix) for prefix in LITERALS_ALLOWED_IN):
        for match in LITERAL.finditer(text):
            if match.group() not in KNOWN_LITERALS and looks_random(match.group()):
                yield f"{path}:{line_of(match.start())}: looks like a key: {match.group()[:12]}…"
    for word, offset in words_of(text):
        if hashlib.sha256(word.encode()).hexdigest()[:8] in PERSONAL:
            yield f"{path}:{line_of(offset)}: personal data of the vendor's sample"


def main():
    failed = False
    for path in sys.argv[1:]:
        with open(path, "rb") as source:
            text = source.read().decode("utf-8", errors="replace")
        for finding in findings(path, text):
            print(finding)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

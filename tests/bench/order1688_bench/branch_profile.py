"""Makes what llvm-bolt writes as a profile short enough for the repository: one line for a function, without calls, and with
counts on a scale that does not depend on how long the loads ran."""

import re

LARGEST_COUNT = 100_000
HEADER = (
    "---\n"
    "# Which branches of order1688-server orders take; written by bench.sh --record-profile, read by llvm-bolt-16.\n"
    "header: {profile-version: 1, binary-name: order1688-server, binary-build-id: '', profile-flags: [lbr], "
    "profile-origin: branch profile reader, profile-events: ''}\n"
    "functions:\n"
)


class Block:
    def __init__(self, text):
        self.number = field_of(text, "bid")
        self.instructions = field_of(text, "insns")
        self.entered = int(field_of(text, "exec") or 0)
        self.next = [(number, int(count)) for number, count in re.findall(r"\{ bid: (\d+), cnt: (\d+)", text)]

    def count(self):
        return max([self.entered, *(count for _, count in self.next)])

    def line(self, scaled):
        parts = [f"bid: {self.number}", f"insns: {self.instructions}"]
        if self.entered:
            parts.append(f"exec: {scaled(self.entered)}")
        taken = ", ".join(f"{{bid: {number}, cnt: {scaled(count)}}}" for number, count in self.next if count)
        if taken:
            parts.append(f"succ: [{taken}]")
        return f"{{{', '.join(parts)}}}"


class Function:
    def __init__(self, text):
        head, *blocks = re.split(r"(?m)^ +- (?=bid:)", text)
        self.name = field_of(head, "name").strip("'")
        self.entered = int(field_of(head, "exec"))
        self.same = ", ".join(f"{key}: {field_of(head, key)}" for key in ("fid", "hash", "nblocks"))
        self.blocks = [Block(block) for block in blocks]

    def line(self, scaled):
        blocks = ", ".join(block.line(scaled) for block in self.blocks if block.count())
        return f"  - {{name: '{self.name}', exec: {scaled(self.entered)}, {self.same}, blocks: [{blocks}]}}\n"


def field_of(text, key):
    found = re.search(rf"(?m)(?:^|[ {{]){key}: +(.*?) *$", text)
    return found[1] if found else ""


def condensed(profile):
    """`profile` is YAML as llvm-bolt -w writes it; so is the result. What ran at all stays above 0: it is not cold."""
    _, *texts = re.split(r"(?m)^  - (?=name:)", profile.removesuffix("...\n"))
    functions = sorted(map(Function, texts), key=lambda function: function.name)
    largest = max(block.count() for function in functions for block in function.blocks)

    def scaled(count):
        return max(round(count * LARGEST_COUNT / largest), 1) if count else 0

    return HEADER + "".join(function.line(scaled) for function in functions) + "...\n"

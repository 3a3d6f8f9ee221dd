#!/usr/bin/env python3
"""Tests of lay_out.sh with stand-ins for llvm-bolt: a build must never end with a program that is worse than what was linked."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

LAY_OUT = Path(__file__).resolve().parents[2] / "bazel-free-scripts/lib/lay_out.sh"
LINKED = "#!/bin/sh\necho linked\n"
# They are called with the program, -o and the file to write first.
GOOD = "#!/bin/sh\nprintf '#!/bin/sh\\necho laid out\\n' > \"$3\"; chmod 777 \"$3\"\n"
BREAKS_IT = "#!/bin/sh\nprintf '#!/bin/sh\\nexit 1\\n' > \"$3\"; chmod 777 \"$3\"\n"
FAILS = "#!/bin/sh\necho half > \"$3\"; exit 137\n"


class LayOutTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.write("server", LINKED)

    def write(self, name, text):
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def lay_out(self, bolt):
        command = [LAY_OUT, self.write("bolt", bolt), "profile.yaml", self.program]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True).stderr

    def says(self):
        return subprocess.run([self.program], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def test_the_program_is_laid_out_and_what_was_linked_is_kept(self):
        self.assertEqual(self.lay_out(GOOD), "")
        self.assertEqual(self.says(), "laid out")
        self.assertEqual((self.folder / "server.linked").read_text(), LINKED)
        self.assertEqual(os.stat(self.program).st_mode & 0o777, 0o755)

    def test_it_stays_as_it_was_linked_if_llvm_bolt_fails(self):
        self.lay_out(GOOD)  # what an earlier link left is no excuse
        self.write("server", LINKED)
        self.assertIn("is not laid out", self.lay_out(FAILS))
        self.assertEqual(self.says(), "linked")
        self.assertEqual({file.name for file in self.folder.iterdir()}, {"server", "server.layout.log", "bolt"})

    def test_it_stays_as_it_was_linked_if_the_new_one_does_not_run(self):
        self.assertIn("is not laid out", self.lay_out(BREAKS_IT))
        self.assertEqual(self.says(), "linked")


if __name__ == "__main__":
    unittest.main()

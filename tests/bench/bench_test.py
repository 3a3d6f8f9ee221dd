#!/usr/bin/env python3
"""Tests of what turns measurements into figures: a mistake there would be a wrong figure that nobody sees."""

import json
import os
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree as xml
from pathlib import Path

from order1688_bench import alike, gateway, load, report, rounds
from order1688_bench.branch_profile import condensed
from order1688_bench.goals import GOALS, LATENCY_S, Goal
from order1688_bench.load import LOADS, Figures, LoadGenerator
from order1688_bench.picture import picture
from order1688_bench.processes import Process
from order1688_bench.sample import sample_answer
from order1688_bench.servers import FLOOR, NODE, OFF

SAMPLE = sample_answer()
MACHINE = dict.fromkeys(["cpu", "cores", "system", "grpc", "protobuf", "libcurl", "node", "go", "python", "commit"], "<&>")


def run_of(orders_per_second):
    return Figures(orders_per_second, 1e6 / orders_per_second, 1, 2, 3, 4)


def round_of(**rates):
    """A round in which floor, off and node did so many orders a second."""
    names = {"floor": FLOOR, "off": OFF, "node": NODE}
    return rounds.RoundFigures({(names[name], "64"): run_of(rate) for name, rate in rates.items()})


def goal_of(at_least, wanted, stretch):
    return Goal("0", "part", "what", at_least, wanted, stretch, "", (), None)


class VerdictTest(unittest.TestCase):
    def test_ratios_are_paired_within_a_round(self):
        # The machine halves its speed after the first round; the ratio stays.
        drifting = [round_of(floor=1000, off=500), round_of(floor=500, off=250), round_of(floor=500, off=300)]
        against_floor = [goal for goal in GOALS if goal.number == "1"]
        verdict = report.verdicts(against_floor, drifting)[0]
        self.assertEqual(verdict.values, [0.5, 0.5, 0.6])
        self.assertEqual(verdict.median, 0.5)

    def test_a_limit_that_is_just_reached_is_met(self):
        for at_least, value, word in [
            (True, 0.75, "yes"), (True, 0.74, "no"), (True, 0.85, "stretch"),
            (False, 0.85, "yes"), (False, 0.86, "no"), (False, 0.75, "stretch"),
        ]:  # fmt: skip
            wanted, stretch = (0.75, 0.85) if at_least else (0.85, 0.75)
            self.assertEqual(report.Verdict(goal_of(at_least, wanted, stretch), [value], []).word, word, (at_least, value))


class GoalsTest(unittest.TestCase):
    def test_every_goal_needs_only_the_runs_that_it_declares(self):
        micro = dict.fromkeys(
            ["DecodeAnswer/1", "DecodeAnswer/100", "DecodeAnswerByProtobuf/1", "DecodeAnswerByProtobuf/100", "EncodeBatch", "EncodeBatchByProtobuf"],
            1,
        )
        for goal in GOALS:
            runs = {pair: run_of(1000 * number) for number, pair in enumerate(goal.pairs, 1)}
            self.assertIsInstance(goal.value(rounds.RoundFigures(runs, micro)), (int, float), goal.what)
            for _, load in goal.pairs:
                self.assertIn(load, LOADS)

    def test_a_goal_about_one_server_is_measured_of_the_floor_too(self):
        lines = next(goal for goal in GOALS if "100 cargo lines" in goal.what)
        cpu = {(OFF, "64"): 10, (OFF, "100 lines"): 20, (FLOOR, "64"): 8, (FLOOR, "100 lines"): 12}
        self.assertEqual(set(lines.pairs), set(cpu))
        figures = rounds.RoundFigures({pair: run_of(1e6 / us) for pair, us in cpu.items()})
        verdict = report.verdicts([lines], [figures])[0]
        self.assertAlmostEqual(verdict.median, 2.0)
        self.assertAlmostEqual(verdict.of_floor[0], 1.5)
        self.assertIn("| 2.00 (2.00 to 2.00) | 1.50 | ≤ 1.9 | no |", report.goals_table([verdict])[-1])


class RoundsTest(unittest.TestCase):
    def test_a_run_comes_after_the_one_that_sets_its_rate_and_none_is_repeated(self):
        pairs = [(FLOOR, "half"), (NODE, "64"), (OFF, "64"), (NODE, "64"), (OFF, "half")]
        self.assertEqual(rounds.ordered(pairs), [(OFF, "64"), (FLOOR, "half"), (NODE, "64"), (OFF, "half")])


class LoadTest(unittest.TestCase):
    def test_the_count_begins_when_the_slow_gateway_has_answered_for_a_while(self):
        told = json.dumps({"orders_per_second": 10, "all_orders": 20, "p50_us": 1, "p90_us": 2, "p99_us": 3})
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.object(load, "output_of", return_value=told) as ran:
            generator = LoadGenerator(Path(folder), Path(folder), Path(folder) / "token", {}, 6)
            generator.measure(Process(os.getpid(), 0), LOADS["slow gateway"], 0)
        counted = list(map(str, ran.call_args.args[0]))
        self.assertEqual(counted[counted.index("--seconds") + 1], "6")
        self.assertGreaterEqual(float(counted[counted.index("--warmup") + 1]), 5 * LATENCY_S)


class ProcessTest(unittest.TestCase):
    def test_cpu_is_what_the_system_says(self):
        sum(number * number for number in range(300_000))
        before = os.times()
        seconds = Process(os.getpid(), 0).cpu_seconds()
        after = os.times()
        tick = 1 / os.sysconf("SC_CLK_TCK")
        self.assertGreaterEqual(seconds, before.user + before.system - 2 * tick)
        self.assertLessEqual(seconds, after.user + after.system + 2 * tick)

    def test_memory_is_in_megabytes(self):
        self.assertTrue(5 < Process(os.getpid(), 0).peak_memory_mb() < 1000)


class AnswersTest(unittest.TestCase):
    def test_every_order_has_ids_of_its_own(self):
        answer = json.loads(gateway.answers_of(SAMPLE)["hundred"])
        ids = {order["baseInfo"]["idOfStr"] for order in answer["data"]}
        items = {item["subItemIDString"] for order in answer["data"] for item in order["productItems"]}
        self.assertEqual((len(answer["data"]), len(ids), len(items)), (100, 100, 100))

    def test_differences_name_what_was_read_otherwise(self):
        wanted = [{"id": "1", "price": {"units": "2"}}]
        self.assertEqual(list(alike.differences(wanted, wanted)), [])
        self.assertEqual(
            list(alike.differences(wanted, [{"price": {"units": "3"}}], "r")), ["r[0].id: None, not '1'", "r[0].price.units: '3', not '2'"]
        )
        self.assertEqual(len(list(alike.differences(wanted, []))), 1)


class PictureTest(unittest.TestCase):
    def test_bars_are_as_long_as_their_medians(self):
        drawn = xml.fromstring(picture([round_of(floor=1000, off=500), round_of(floor=1000, off=500)], MACHINE))
        bars = [float(bar.get("width")) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertEqual(len(bars), 2)
        self.assertAlmostEqual(bars[1] / bars[0], 0.5, places=2)


# As llvm-bolt-16 writes it.
WHOLE_PROFILE = """---
header:
  profile-version: 1
functions:
  - name:            'hot(int)/1'
    fid:             7
    hash:            0xAB
    exec:            1000000
    nblocks:         3
    blocks:
      - bid:             0
        insns:           12
        exec:            1000000
        calls:           [ { off: 0x5, fid: 9, cnt: 1000000 },
                           { off: 0x9, fid: 9, cnt: 1 } ]
        succ:            [ { bid: 1, cnt: 750000 }, { bid: 2, cnt: 0 } ]
      - bid:             2
        insns:           5
        succ:            [ { bid: 1, cnt: 0 } ]
  - name:            at_start
    fid:             9
    hash:            0xCD
    exec:            1
    nblocks:         1
    blocks:
      - bid:             0
        insns:           4
        exec:            1
...
"""


class BranchProfileTest(unittest.TestCase):
    def test_a_function_is_one_line_with_the_branches_that_were_taken(self):
        self.assertEqual(
            condensed(WHOLE_PROFILE).splitlines()[4:],
            [
                "  - {name: 'at_start', exec: 1, fid: 9, hash: 0xCD, nblocks: 1, blocks: [{bid: 0, insns: 4, exec: 1}]}",
                "  - {name: 'hot(int)/1', exec: 100000, fid: 7, hash: 0xAB, nblocks: 3, "
                "blocks: [{bid: 0, insns: 12, exec: 100000, succ: [{bid: 1, cnt: 75000}]}]}",
                "...",
            ],
        )

    def test_the_file_in_the_repository_is_one(self):
        text = (Path(__file__).resolve().parents[2] / "server/branch_profile.yaml").read_text("utf-8")
        self.assertTrue(text.startswith("---\n"), "llvm-bolt knows YAML by its first line")
        self.assertIn("order168811OrderPlacer", text)


if __name__ == "__main__":
    unittest.main()

"""The README's examples and the scenario files do what they say."""

import json
import re
import unittest

import running_sandbox as fixture
from order1688_sandbox.fault_kinds import KINDS, Phase
from order1688_sandbox.plans import check_plan

README = fixture.SANDBOX_FOLDER / "README.md"
TAKEN_BEFORE_ANSWER = ("hold",)


def documented_faults(language="json"):
    blocks = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return [json.loads(line) for block in blocks for line in block.splitlines()]


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)

    def test_every_documented_fault_is_carried_out(self):
        for fault in documented_faults():
            with self.subTest(fault=fault), self.sandbox.client() as client:
                plan_id = self.sandbox.plan(fault)
                client.send(Connection="close")
                if fault["kind"] in TAKEN_BEFORE_ANSWER:
                    self.sandbox.admin("GET", f"/wait?plan={plan_id}&holding=1")
                    self.sandbox.admin("POST", "/release", {"id": plan_id})
                if fault["kind"] == "endless":
                    client.receive()
                else:
                    client.receive_all()
                self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_documented_places_order_defaults_hold(self):
        for fault in documented_faults():
            seller_fails = fault["kind"] in ("seller_failure", "missing_seller")
            expected = KINDS[fault["kind"]].places_order and not seller_fails
            expected = fault.get("places_order", fault.get("keep_id", expected))
            if fault.get("keep_body") or KINDS[fault["kind"]].phase is Phase.WAIT:
                continue
            with self.subTest(fault=fault), self.sandbox.client() as client:
                self.sandbox.admin("POST", "/reset")
                self.sandbox.plan(fault)
                client.send(Connection="close")
                client.receive() if fault["kind"] == "endless" else client.receive_all()
                self.assertEqual(self.sandbox.admin("GET", "/counts")[1]["orders"], int(expected))

    def test_every_documented_fault_of_a_page_is_carried_out(self):
        for fault in documented_faults("json page"):
            with self.subTest(fault=fault), self.sandbox.client() as client:
                client.place()
                plan_id = self.sandbox.plan(fault, call="page")
                client.list_page()
                self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_every_kind_is_documented(self):
        documented = documented_faults() + documented_faults("json page")
        self.assertEqual({fault["kind"] for fault in documented}, set(KINDS))


class ExamplesTest(unittest.TestCase):
    def test_scenario_files_are_good(self):
        files = sorted((fixture.SANDBOX_FOLDER / "examples").glob("*.json"))
        self.assertGreaterEqual(len(files), 4)
        for file in files:
            for plan in json.loads(file.read_text("utf-8")):
                with self.subTest(file=file.name, plan=plan["id"]):
                    self.assertEqual(check_plan(plan), [])

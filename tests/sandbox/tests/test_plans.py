import threading
import unittest

import running_sandbox as fixture
from order1688_sandbox.json_path import PathError, parse_path
from order1688_sandbox.plans import BadPlans, PlanBook

FAULT = {"kind": "html"}


def facts(number=1, connection_number=1, sellers=("s",), specs=("p",), name="li", body="{}"):
    return {
        "request_number": number,
        "connection_request_number": connection_number,
        "seller_open_id": list(sellers),
        "spec_id": list(specs),
        "full_name": [name],
        "body_contains": body,
    }


class PlanBookTest(unittest.TestCase):
    def setUp(self):
        self.book = PlanBook(threading.Condition())

    def taken(self, **changed):
        plan = self.book.take_for_order(facts(**changed))
        return plan and plan.id

    def complaints(self, plan):
        with self.assertRaises(BadPlans) as caught:
            self.book.add([plan])
        return str(caught.exception)

    def test_without_match_any_request_fits_once(self):
        self.book.add([{"fault": FAULT}])
        self.assertEqual([self.taken(), self.taken()], ["plan-1", None])

    def test_times(self):
        self.book.add([{"id": "twice", "times": 2, "fault": FAULT},
                       {"id": "always", "times": -1, "fault": FAULT}])
        self.assertEqual([self.taken() for _ in range(4)], ["twice", "twice", "always", "always"])

    def test_all_keys_of_match_must_fit(self):
        match = {"seller_open_id": "s", "spec_id": "p", "full_name": "li", "body_contains": "xyz",
                 "request_number": 3, "connection_request_number": 2}
        self.book.add([{"id": "m", "match": match, "fault": FAULT}])
        fits = {"number": 3, "connection_number": 2, "body": "wxyz!", "sellers": ("r", "s")}
        for change in ({"number": 2}, {"connection_number": 1}, {"body": "wxy"},
                       {"sellers": ("r",)}, {"specs": ()}, {"name": "wang"}):
            self.assertIsNone(self.taken(**{**fits, **change}), change)
        self.assertEqual(self.taken(**fits), "m")

    def test_adds_all_or_none(self):
        with self.assertRaises(BadPlans):
            self.book.add([{"fault": FAULT}, {"fault": {"kind": "x"}}])
        self.assertEqual(self.book.report(), [])

    def test_names_every_complaint(self):
        text = self.complaints({"id": 1, "times": 0, "match": {"x": 1, "spec_id": 2}, "when": 1})
        for words in ("when is unknown", "id is not text", "times", "match.x", "match.spec_id",
                      "fault or faults"):
            self.assertIn(words, text)

    def test_refuses_bad_faults(self):
        for fault, words in (
            (7, "not an object"),
            ({"kind": "nix"}, "unknown; known are"),
            ({"kind": "delay"}, "fault.ms is needed"),
            ({"kind": "delay", "ms": -1}, "fault.ms is not in"),
            ({"kind": "delay", "ms": True}, "fault.ms is not in"),
            ({"kind": "html", "n": 1}, "fault.n is unknown to html"),
            ({"kind": "html", "status": 100}, "fault.status"),
            ({"kind": "drop_at_byte", "n": 1.5}, "fault.n"),
            ({"kind": "drop_before_read", "places_order": True}, "places_order is unknown"),
            ({"kind": "set_leaf", "path": "a"}, "json or raw"),
            ({"kind": "set_leaf", "path": "a", "json": 1, "raw": "1"}, "json or raw"),
            ({"kind": "set_leaf", "leaves": [{"path": "a"}]}, "fault.leaves"),
            ({"kind": "set_leaf", "path": "a..b", "json": 1}, "fault.path"),
            ({"kind": "remove_leaf", "paths": ["["]}, "fault.paths"),
            ({"kind": "body"}, "either text or body_base64"),
            ({"kind": "body", "body_base64": "?"}, "not base64"),
            ({"kind": "http_status", "status": 300, "headers": {"a": "b\r\nc"}}, "fault.headers"),
            ({"kind": "close_after_answer", "how": "bang"}, "fin, reset"),
        ):
            with self.subTest(fault=fault):
                self.assertIn(words, self.complaints({"fault": fault}))

    def test_refuses_faults_that_exclude_each_other(self):
        drop, reset = {"kind": "drop_after_read"}, {"kind": "reset_after_read"}
        self.assertIn("only one", self.complaints({"faults": [drop, reset]}))
        alone = {"faults": [{"kind": "drop_before_read"}, {"kind": "hold"}]}
        self.assertIn("alone", self.complaints(alone))
        blind = {"match": {"full_name": "li"}, "fault": {"kind": "reset_before_read"}}
        self.assertIn("numbers only", self.complaints(blind))

    def test_refuses_an_id_that_is_used(self):
        self.book.add([{"id": "plan-1", "fault": FAULT}])
        self.assertIn("used already", self.complaints({"id": "plan-1", "fault": FAULT}))
        self.assertEqual(self.book.add([{"fault": FAULT}]), ["plan-2"])


class PathTest(unittest.TestCase):
    def test_keys_and_indexes(self):
        self.assertEqual(parse_path("data[0].a[12][3].b"), ["data", 0, "a", 12, 3, "b"])

    def test_malformed_paths(self):
        for text in ("", ".a", "a..b", "a[", "a[x]", "a]", "a."):
            with self.assertRaises(PathError, msg=text):
                parse_path(text)

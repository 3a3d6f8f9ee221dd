import http.client
import threading
import unittest

import running_sandbox as fixture


class AdminTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.admin = self.sandbox.admin

    def test_healthz(self):
        self.assertEqual(self.admin("GET", "/healthz"), (200, {"ok": True}))

    def test_unknown_calls_are_404_and_bad_ones_400(self):
        self.assertEqual(self.admin("GET", "/nix")[0], 404)
        self.assertEqual(self.admin("POST", "/report")[0], 404)
        for call in (
            ("POST", "/plans", {"fault": {"kind": "html"}}),
            ("POST", "/plans", None),
            ("POST", "/release", {"id": "nobody"}),
            ("POST", "/release", []),
            ("POST", "/clock", {"offset_seconds": "x"}),
            ("POST", "/clock", {}),
            ("GET", "/wait", None),
            ("GET", "/wait?requests=x", None),
            ("GET", "/wait?nix=1", None),
            ("GET", "/wait?plan=nobody&hits=1", None),
            ("GET", "/wait?hits=1", None),
        ):
            with self.subTest(call=call):
                status, answer = self.admin(*call)
                self.assertEqual(status, 400)
                self.assertTrue(answer["errors"])

    def test_plans_are_shown_and_deleted(self):
        spec = {"id": "a", "match": {"request_number": 1}, "fault": {"kind": "delay", "ms": 1.5}}
        self.assertEqual(self.admin("POST", "/plans", [spec]), (200, {"ids": ["a"]}))
        self.assertEqual(self.admin("GET", "/plans"), (200, [spec]))
        self.admin("DELETE", "/plans")
        self.assertEqual(self.admin("GET", "/plans"), (200, []))

    def test_wait_ends_when_the_requests_are_read(self):
        answers = []
        other = http.client.HTTPConnection(
            "127.0.0.1", self.sandbox.admin_server.port, timeout=fixture.PATIENCE_SECONDS
        )
        self.addCleanup(other.close)

        def wait():
            other.request("GET", "/wait?requests=2&orders=2&timeout_ms=20000")
            answers.append(other.getresponse().read())

        thread = threading.Thread(target=wait)
        thread.start()
        with self.sandbox.client() as client:
            client.place()
            client.place()
        thread.join(fixture.PATIENCE_SECONDS)
        self.assertEqual(answers, [b'{"reached":true}'])

    def test_wait_says_when_it_was_in_vain(self):
        self.assertEqual(self.admin("GET", "/wait?requests=1&timeout_ms=1"),
                         (200, {"reached": False}))

    def test_wait_for_a_plan(self):
        plan_id = self.sandbox.plan({"kind": "html"})
        with self.sandbox.client() as client:
            client.send()
            waited = self.admin("GET", f"/wait?plan={plan_id}&hits=1&matched=1")
            self.assertEqual(waited, (200, {"reached": True}))

    def test_report_has_the_promised_keys(self):
        plan_id = self.sandbox.plan({"kind": "gbk"})
        with self.sandbox.client() as client:
            client.send()
            client.receive_answer()
        report = self.admin("GET", "/report")[1]
        request, order, plan = (report[name][0] for name in ("requests", "orders", "plans"))
        self.assertLessEqual(
            {"number", "connection", "connection_request_number", "read_whole", "bytes_sha256",
             "body", "headers", "signature_ok", "refused", "orders", "fault", "received_at"},
            set(request))
        self.assertLessEqual({"order_id", "seller_open_id", "request_number", "cargo", "receiver"},
                             set(order))
        self.assertEqual((plan["id"], plan["kind"], plan["matched"], plan["hits"]),
                         (plan_id, "gbk", 1, 1))
        self.assertEqual(request["fault"], plan_id)

    def test_reset_begins_anew(self):
        self.sandbox.plan({"kind": "html"}, times=-1)
        with self.sandbox.client() as client:
            client.place(fixture.order(), signature="0" * 32)
            self.admin("POST", "/reset")
            counts = self.admin("GET", "/counts")[1]
            self.assertEqual({counts[name] for name in counts if not name.startswith("by_")}, {0})
            self.assertEqual((counts["by_body_sha256"], counts["by_business_key"]), ({}, {}))
            self.assertEqual(client.place()[0], 200)
        report = self.admin("GET", "/report")[1]
        self.assertEqual([entry["number"] for entry in report["requests"]], [1])
        self.assertEqual(report["plans"], [])


class ManyRequestsTest(unittest.TestCase):
    def test_a_thousand_drops_are_each_read_and_hit_once(self):
        sandbox = fixture.RunningSandbox()
        self.addCleanup(sandbox.stop)
        plan_id = sandbox.plan({"kind": "reset_after_read"}, times=-1)
        for number in range(1000):
            with sandbox.client() as client:
                client.send(fixture.order(fixture.line(quantity=number + 1)))
                self.assertEqual(client.receive_all(), (b"", True))
        counts = sandbox.admin("GET", "/counts")[1]
        self.assertEqual(counts["requests_read_whole"], 1000)
        self.assertEqual((counts["orders"], counts["connections"]), (1000, 1000))
        self.assertEqual((counts["max_same_body"], counts["max_same_order"]), (1, 1))
        self.assertEqual(sandbox.hits(plan_id), 1000)

    def test_orders_from_many_threads_are_all_counted(self):
        sandbox = fixture.RunningSandbox()
        self.addCleanup(sandbox.stop)
        ids = []

        def place():
            with sandbox.client() as client:
                for _ in range(25):
                    ids.append(client.place()[1]["data"][0]["baseInfo"]["idOfStr"])

        threads = [threading.Thread(target=place) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(ids)), 200)
        report = sandbox.admin("GET", "/report")[1]
        self.assertEqual({order["order_id"] for order in report["orders"]}, set(ids))
        self.assertEqual(sorted(entry["number"] for entry in report["requests"]),
                         list(range(1, 201)))

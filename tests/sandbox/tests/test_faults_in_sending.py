import json
import unittest

import running_sandbox as fixture


class SendingFaultTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())

    def faulty(self, fault, orders=1):
        """Plans the fault, sends an order and returns all bytes up to the end, and whether that was
        an RST; checks the hit and the books."""
        plan_id = self.sandbox.plan(fault)
        self.client.send()
        received = self.client.receive_all()
        self.assertEqual(self.sandbox.hits(plan_id), 1)
        self.assertEqual(self.sandbox.admin("GET", "/counts")[1]["orders"], orders)
        return received

    def split(self, received):
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
        return head, body, int(lengths[0].split(b" ")[1]) if lengths else None

    def read_whole(self):
        return self.sandbox.admin("GET", "/report")[1]["requests"][0]["read_whole"]

    def test_drop_before_read_ends_with_a_fin(self):
        self.assertEqual(self.faulty({"kind": "drop_before_read"}, orders=0), (b"", False))
        self.assertFalse(self.read_whole())

    def test_reset_before_read_ends_with_an_rst(self):
        self.assertEqual(self.faulty({"kind": "reset_before_read"}, orders=0), (b"", True))
        self.assertFalse(self.read_whole())

    def test_before_read_works_at_the_request_line(self):
        self.sandbox.plan({"kind": "drop_before_read"})
        self.client.send_bytes(b"POST /v2/alibaba/order/batch/create HTTP/1.1\r\n")
        self.assertEqual(self.client.receive_all(), (b"", False))

    def test_drop_after_read_ends_with_a_fin(self):
        self.assertEqual(self.faulty({"kind": "drop_after_read"}), (b"", False))
        self.assertTrue(self.read_whole())

    def test_reset_after_read_ends_with_an_rst(self):
        self.assertEqual(self.faulty({"kind": "reset_after_read"}), (b"", True))
        self.assertTrue(self.read_whole())

    def test_after_read_can_place_no_order(self):
        self.faulty({"kind": "drop_after_read", "places_order": False}, orders=0)

    def test_second_request_of_a_connection_can_be_hit(self):
        match = {"connection_request_number": 2}
        plan_id = self.sandbox.plan({"kind": "reset_after_read"}, match=match)
        self.assertEqual(self.client.place()[0], 200)
        self.client.send()
        self.assertEqual(self.client.receive_all(), (b"", True))
        self.assertEqual(self.sandbox.hits(plan_id), 1)
        with self.sandbox.client() as other:
            self.assertEqual(other.place()[0], 200)

    def test_at_byte_sends_exactly_so_many(self):
        for kind, is_reset in (("reset_at_byte", True), ("drop_at_byte", False)):
            for n in (0, 1, 17, 2000):
                with self.subTest(kind=kind, n=n), self.sandbox.client() as client:
                    plan_id = self.sandbox.plan({"kind": kind, "n": n})
                    client.send()
                    received, was_reset = client.receive_all()
                    self.assertEqual((len(received), was_reset), (n, is_reset))
                    self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_reset_waits_until_a_slow_peer_has_the_bytes(self):
        n = 1_500_000
        faults = [{"kind": "body", "text": "x" * 2_000_000, "places_order": True},
                  {"kind": "reset_at_byte", "n": n}]
        self.sandbox.admin("POST", "/plans", [{"id": "late", "faults": faults}])
        self.client.send()
        # The hit is counted before the first byte leaves, so nothing has been received yet.
        self.sandbox.admin("GET", "/wait?plan=late&hits=1")
        received, was_reset = self.client.receive_all()
        self.assertEqual((len(received), was_reset), (n, True))

    def test_truncate_body_promises_the_whole(self):
        received, was_reset = self.faulty({"kind": "truncate_body", "n": 100})
        _, body, length = self.split(received)
        self.assertEqual((len(body), was_reset), (100, False))
        self.assertGreater(length, 5000)

    def test_chunked_answer_is_whole_and_keeps_the_connection(self):
        self.sandbox.plan({"kind": "chunked"})
        self.client.send(Connection="close")
        head, rest, _ = self.split(self.client.receive_all()[0])
        self.assertIn(b"Transfer-Encoding: chunked", head)
        body, rest = self.unchunk(rest)
        self.assertEqual((json.loads(body)["code"], rest), (200, b""))

    def test_chunked_cut_has_no_last_chunk(self):
        received, was_reset = self.faulty({"kind": "chunked_cut", "n": 50})
        self.assertTrue(received.endswith(b"\r\n") and b"\r\n0\r\n" not in received)
        size, _, chunk = self.split(received)[1].partition(b"\r\n")
        self.assertEqual((int(size, 16), len(chunk), was_reset), (50, 52, False))

    def test_oversize_is_the_good_answer_and_blanks(self):
        received, _ = self.faulty({"kind": "oversize", "bytes": 1_000_000})
        _, body, length = self.split(received)
        self.assertEqual((length, len(body)), (1_000_000, 1_000_000))
        self.assertEqual(json.loads(body)["code"], 200)

    def test_endless_goes_on_until_the_peer_closes(self):
        for chunked in (True, False):
            plan_id = self.sandbox.plan({"kind": "endless", "chunked": chunked})
            with self.sandbox.client() as client:
                client.send()
                received = 0
                while received < 5_000_000:
                    received += len(client.receive())
            self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_slow_drip_delivers_all(self):
        fault = {"kind": "slow_drip", "ms_per_byte": 0.01, "after_bytes": 6000}
        _, body, length = self.split(self.faulty(fault)[0])
        self.assertEqual(len(body), length)

    def test_garbage_status_line(self):
        received, _ = self.faulty({"kind": "garbage_status_line", "line": "HTTP/1.1 banana"})
        self.assertTrue(received.startswith(b"HTTP/1.1 banana\r\n"))

    def test_close_after_answer_does_not_announce_it(self):
        for how, is_reset in (("fin", False), ("reset", True)):
            with self.sandbox.client() as client:
                self.sandbox.plan({"kind": "close_after_answer", "how": how})
                client.send()
                received, was_reset = client.receive_all()
                head, body, length = self.split(received)
                self.assertEqual((len(body), was_reset), (length, is_reset))
                self.assertNotIn(b"Connection", head)

    def unchunk(self, data):
        body = b""
        while True:
            size, _, data = data.partition(b"\r\n")
            part, end, data = data[:int(size, 16)], data[int(size, 16):][:2], \
                data[int(size, 16) + 2:]
            self.assertEqual(end, b"\r\n")
            if not part:
                return body, data
            body += part


class WaitFaultTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = fixture.RunningSandbox()
        self.addCleanup(self.sandbox.stop)
        self.client = self.enterContext(self.sandbox.client())

    def held_request(self, **more):
        plan_id = self.sandbox.plan({"kind": "hold"}, **more)
        self.client.send()
        wait = self.sandbox.admin("GET", f"/wait?plan={plan_id}&holding=1")
        self.assertEqual(wait[1], {"reached": True})
        return plan_id

    def test_delay_answers_well(self):
        plan_id = self.sandbox.plan({"kind": "delay", "ms": 1})
        self.assertEqual(self.client.place()[0], 200)
        self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_hold_answers_when_released(self):
        plan_id = self.held_request(id="h")
        self.assertEqual(self.sandbox.hits(plan_id), 1)
        self.assertEqual(self.sandbox.admin("GET", "/counts")[1]["orders"], 1)
        with self.sandbox.client() as other:
            self.assertEqual(other.place()[0], 200)
        released = self.sandbox.admin("POST", "/release", {"id": "h"})
        self.assertEqual(released, (200, {"id": "h", "released": 1}))
        self.assertEqual(self.client.receive_answer()[0], 200)
        self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_hold_that_was_released_before_holds_no_more(self):
        plan_id = self.sandbox.plan({"kind": "hold"})
        self.sandbox.admin("POST", "/release", {"id": plan_id})
        self.assertEqual(self.client.place()[0], 200)
        self.assertEqual(self.sandbox.hits(plan_id), 0)

    def test_reset_and_delete_let_go(self):
        for method, path in (("POST", "/reset"), ("DELETE", "/plans")):
            self.held_request()
            self.sandbox.admin(method, path)
            self.assertEqual(self.client.receive_answer()[0], 200)

    def test_request_that_began_before_a_reset_is_not_counted(self):
        self.client.send_bytes(b"POST /v2/alibaba/order/batch/create HTTP/1.1\r\n")
        self.sandbox.admin("GET", "/wait?connections=1")
        while not self.sandbox.admin("GET", "/counts")[1]["requests_begun"]:
            pass
        self.sandbox.admin("POST", "/reset")
        self.client.send_bytes(self.client.head(self.client.headers()).partition(b"\r\n")[2])
        self.assertEqual(self.client.receive_answer()[0], 400)
        self.assertEqual(self.sandbox.admin("GET", "/counts")[1]["requests_read_whole"], 0)

    def test_stopping_ends_delay_and_hold(self):
        sandbox = fixture.RunningSandbox()
        plan_id = sandbox.plan({"kind": "delay", "ms": 3_600_000})
        held_id = sandbox.plan({"kind": "hold"})
        with sandbox.client() as delayed, sandbox.client() as held:
            delayed.send()
            sandbox.admin("GET", f"/wait?plan={plan_id}&matched=1")
            held.send()
            sandbox.admin("GET", f"/wait?plan={held_id}&holding=1")
            sandbox.stop()
            plan, changed = sandbox.gateway.plans.get(held_id), sandbox.gateway.changed
            with changed:
                self.assertTrue(
                    changed.wait_for(lambda: plan.holding == 0, fixture.PATIENCE_SECONDS))
            self.assertEqual(delayed.receive_all()[0], b"")
            self.assertEqual(held.receive_all()[0], b"")

    def test_hold_and_then_drop(self):
        faults = [{"kind": "drop_after_read"}, {"kind": "hold"}]
        status, answer = self.sandbox.admin("POST", "/plans", [{"id": "x", "faults": faults}])
        self.assertEqual((status, answer), (200, {"ids": ["x"]}))
        self.client.send()
        self.sandbox.admin("GET", "/wait?plan=x&holding=1")
        self.assertEqual(self.sandbox.hits("x"), 0)
        self.sandbox.admin("POST", "/release", {"id": "x"})
        self.assertEqual(self.client.receive_all(), (b"", False))
        self.assertEqual(self.sandbox.hits("x"), 1)

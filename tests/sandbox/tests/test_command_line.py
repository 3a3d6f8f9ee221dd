import json
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

import running_sandbox as fixture
from order1688_sandbox.listener import tls_context

PROGRAM = fixture.SANDBOX_FOLDER / "sandbox.py"


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, *options, **more):
        process = subprocess.Popen(
            [sys.executable, PROGRAM, *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
        )
        for pipe in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(pipe.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def ports(self, process):
        return json.loads(process.stdout.readline())

    def admin(self, ports, path):
        url = f"http://127.0.0.1:{ports['admin_port']}{path}"
        with urllib.request.urlopen(url, timeout=fixture.PATIENCE_SECONDS) as answer:
            return json.loads(answer.read())

    def assert_refused(self, *options):
        process = self.start(*options)
        output, errors = process.communicate(timeout=fixture.PATIENCE_SECONDS)
        self.assertEqual((process.returncode, output), (2, ""))
        self.assertNotIn("Traceback", errors)
        return errors

    def test_says_its_ports_on_stdout_and_in_the_file(self):
        port_file = self.folder / "ports.json"
        ports = self.ports(self.start("--port-file", port_file))
        self.assertEqual(set(ports), {"port", "admin_port"})
        self.assertEqual(json.loads(port_file.read_text()), ports)
        self.assertEqual(list(self.folder.iterdir()), [port_file])
        self.assertEqual(self.admin(ports, "/healthz"), {"ok": True})

    def test_ends_on_signals_with_a_delay_under_way(self):
        scenario = self.folder / "scenario.json"
        fault = {"kind": "delay", "ms": 3_600_000}
        scenario.write_text(json.dumps([{"id": "d", "fault": fault}]))
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start("--scenario", scenario, "--quiet")
            ports = self.ports(process)
            sandbox = fixture.RunningSandbox()
            self.addCleanup(sandbox.stop)
            sandbox.listener.port = ports["port"]
            with sandbox.client() as client:
                client.send()
                self.assertTrue(self.admin(ports, "/wait?plan=d&matched=1")["reached"])
                process.send_signal(number)
                self.assertEqual(process.wait(fixture.PATIENCE_SECONDS), 0)
            self.assertEqual(process.stderr.read(), "")

    def test_ends_with_standard_input_if_asked_to(self):
        process = self.start("--exit-with-stdin")
        self.ports(process)
        process.stdin.close()
        self.assertEqual(process.wait(fixture.PATIENCE_SECONDS), 0)

    def test_log_names_the_request_and_no_person(self):
        process = self.start("--secret-file", self.secret_file("other\n"))
        sandbox = fixture.RunningSandbox(secret="other")
        self.addCleanup(sandbox.stop)
        sandbox.listener.port = self.ports(process)["port"]
        with sandbox.client() as client:
            self.assertEqual(client.place()[0], 200)
        line = process.stderr.readline()
        self.assertEqual(line, "sandbox: request=1 connection=1.1 answer=200 orders=1\n")

    def test_bad_options_are_all_named(self):
        scenario = self.folder / "bad.json"
        scenario.write_text('[{"fault": {"kind": "x"}}, {"fault": {"kind": "delay"}}]')
        errors = self.assert_refused("--scenario", scenario, "--secret", "", "--base-path", "api")
        for words in ("plans[0]: fault.kind 'x'", "plans[1]: fault.ms", "secret", "--base-path"):
            self.assertIn(words, errors)
        self.assertIn("No such file", self.assert_refused("--secret-file", self.folder / "none"))
        self.assertIn("go together", self.assert_refused("--tls-cert", scenario))
        self.assertIn("is below 1", self.assert_refused("--first-order-id", 0))
        self.assertIn("cannot listen", self.assert_refused(
            "--tls-cert", scenario, "--tls-key", scenario))
        self.assert_refused("--port-file", self.folder / "no" / "folder")

    def test_port_that_is_taken_is_refused(self):
        sandbox = fixture.RunningSandbox()
        self.addCleanup(sandbox.stop)
        self.assertIn("cannot listen", self.assert_refused("--port", sandbox.listener.port))

    def secret_file(self, text):
        file = self.folder / "secret"
        file.write_text(text)
        return file


class TlsTest(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.cert, key = folder / "cert.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", self.cert, "-days", "2", "-subj", "/CN=sandbox",
             "-addext", "subjectAltName=IP:127.0.0.1"],
            check=True, capture_output=True)
        self.sandbox = fixture.RunningSandbox(tls=tls_context(self.cert, key))
        self.addCleanup(self.sandbox.stop)

    def client(self):
        context = ssl.create_default_context(cafile=self.cert)
        wrap = lambda sock: context.wrap_socket(sock, server_hostname="127.0.0.1")
        return fixture.RawClient(self.sandbox, wrap)

    def test_places_an_order(self):
        with self.client() as client:
            self.assertEqual(client.place()[0], 200)
            self.assertEqual(client.place()[0], 200)

    def test_fin_and_rst_work_under_tls(self):
        for kind, is_reset in (("drop_after_read", False), ("reset_after_read", True),
                               ("drop_before_read", False)):
            with self.subTest(kind=kind), self.client() as client:
                plan_id = self.sandbox.plan({"kind": kind})
                client.send()
                # Python's TLS hides which of the two it was, so look below it.
                client.unwrap_rudely()
                self.assertEqual(client.receive_all()[1], is_reset)
                self.assertEqual(self.sandbox.hits(plan_id), 1)

    def test_failed_handshake_harms_nobody(self):
        with self.sandbox.client() as plain:
            plain.send_bytes(b"POST / HTTP/1.1\r\n\r\n")
            plain.receive_all()
        with self.client() as client:
            self.assertEqual(client.place()[0], 200)

import unittest

import running_sandbox as fixture
from order1688_sandbox.signature import Credentials, check_signed_headers, sign

TIMESTAMP = "1715669977082"
NOW = 1715669977
VECTOR_A = "1B02F9D8AAEEFC1EF4674EFCC46B9D05"
VECTOR_A2 = "ED154C8F39F0ABEA1ED6C360E0BF7495"
KNOWN = Credentials()


def headers(**changed):
    signed = {
        "access-key": KNOWN.access_key,
        "timestamp": TIMESTAMP,
        "nonce-str": fixture.NONCE,
        "user-id": KNOWN.user_id,
        "signature": VECTOR_A,
    }
    signed.update({name.replace("_", "-"): value for name, value in changed.items()})
    return {name: [value] for name, value in signed.items() if value is not None}


class SignatureTest(unittest.TestCase):
    def refusal(self, credentials=KNOWN, now=NOW, **changed):
        refusal = check_signed_headers(headers(**changed), credentials, now)
        return refusal and refusal.reason

    def test_vector_with_nonce(self):
        self.assertEqual(sign(KNOWN.access_key, TIMESTAMP, fixture.NONCE, KNOWN.secret), VECTOR_A)

    def test_vector_without_nonce(self):
        self.assertEqual(sign(KNOWN.access_key, TIMESTAMP, "", KNOWN.secret), VECTOR_A2)

    def test_good_headers_pass(self):
        self.assertIsNone(self.refusal())

    def test_window_is_600_seconds_on_both_sides_inclusive(self):
        self.assertIsNone(self.refusal(now=NOW + 600))
        self.assertIsNone(self.refusal(now=NOW - 599))
        self.assertEqual(self.refusal(now=NOW + 600.1), "timestamp_outside_window")
        self.assertEqual(self.refusal(now=NOW - 600), "timestamp_outside_window")

    def test_each_missing_header_has_its_own_reason(self):
        for name in ("access_key", "timestamp", "user_id", "signature"):
            self.assertEqual(self.refusal(**{name: None}), f"{name}_missing")
        self.assertEqual(self.refusal(nonce_str=None), "nonce_missing")

    def test_wrong_values_are_refused(self):
        self.assertEqual(self.refusal(access_key="other"), "access_key_unknown")
        self.assertEqual(self.refusal(user_id="1"), "user_id_unknown")
        self.assertEqual(self.refusal(signature=VECTOR_A2), "signature_wrong")
        self.assertEqual(self.refusal(signature=VECTOR_A.lower()), "signature_wrong")
        self.assertEqual(self.refusal(nonce_str="short"), "nonce_malformed")
        self.assertEqual(self.refusal(timestamp="1715669977"), "timestamp_malformed")

    def test_messages_are_distinct(self):
        changes = [{name: None} for name in ("access_key", "timestamp", "user_id", "signature")]
        changes += [{"access_key": "x"}, {"user_id": "x"}, {"signature": "x"}, {"nonce_str": "x"}]
        texts = [check_signed_headers(headers(**change), KNOWN, NOW).msg for change in changes]
        self.assertEqual(len(set(texts)), len(texts))

    def test_repeated_header_is_refused(self):
        twice = {**headers(), "timestamp": [TIMESTAMP, TIMESTAMP]}
        self.assertEqual(check_signed_headers(twice, KNOWN, NOW).reason, "duplicate_header")

    def test_nonce_rules(self):
        optional, absent = Credentials(nonce="optional"), Credentials(nonce="absent")
        without = {"nonce_str": None, "signature": VECTOR_A2}
        self.assertIsNone(self.refusal(optional))
        self.assertIsNone(self.refusal(optional, **without))
        self.assertIsNone(self.refusal(absent, **without))
        self.assertEqual(self.refusal(absent), "nonce_unexpected")

    def test_timestamp_in_seconds(self):
        seconds = Credentials(timestamp_unit="s")
        text = sign(KNOWN.access_key, "1715669977", fixture.NONCE, KNOWN.secret)
        self.assertIsNone(self.refusal(seconds, timestamp="1715669977", signature=text))
        self.assertEqual(self.refusal(seconds), "timestamp_malformed")

    def test_secret_is_not_in_the_repr(self):
        self.assertNotIn(KNOWN.secret, repr(KNOWN))

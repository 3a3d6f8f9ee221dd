"""Checks the signed headers with the sandbox's own code: it shares nothing with the client."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

CLOCK_WINDOW_SECONDS = 600
UNITS_PER_SECOND = {"ms": 1000, "s": 1}
DIGITS = {"ms": 13, "s": 10}
SIGNED_HEADERS = ("access-key", "timestamp", "nonce-str", "user-id", "signature")


@dataclass(frozen=True)
class Credentials:
    access_key: str = "58c0201dfdf148eca63cbf6bb5e7cf03"
    secret: str = field(default="TEST-ACCESS-SECRET-0001", repr=False)
    user_id: str = "2100007341207"
    timestamp_unit: str = "ms"
    nonce: str = "required"  # required, optional or absent


@dataclass(frozen=True)
class Refusal:
    """Why a request is not served: `reason` is a token for reports, `msg` is for the envelope."""

    status: int
    reason: str
    msg: str


def sign(access_key, timestamp, nonce, secret):
    text = access_key + timestamp + nonce + secret
    return hashlib.md5(text.encode("utf-8")).hexdigest().upper()


def check_signed_headers(headers, credentials, now):
    """Returns None if the request is signed well, else the Refusal. `headers` has lower-case names
    and a list of values for each."""
    for name in SIGNED_HEADERS:
        if len(headers.get(name, [])) > 1:
            return Refusal(400, "duplicate_header", f"header {name} is sent more than once")
    values = {name: headers.get(name, [""])[0] for name in SIGNED_HEADERS}
    return (
        _check_key(values, credentials)
        or _check_user(values, credentials)
        or _check_timestamp(values["timestamp"], credentials.timestamp_unit, now)
        or _check_nonce(headers, values["nonce-str"], credentials.nonce)
        or _check_signature(values, credentials)
    )


def _refuse(reason, msg):
    return Refusal(401, reason, msg)


def _check_key(values, credentials):
    if not values["access-key"]:
        return _refuse("access_key_missing", "access-key is missing")
    if not _same(values["access-key"], credentials.access_key):
        return _refuse("access_key_unknown", "access-key is unknown")
    return None


def _check_user(values, credentials):
    if not values["user-id"]:
        return _refuse("user_id_missing", "user-id is missing")
    if not _same(values["user-id"], credentials.user_id):
        return _refuse("user_id_unknown", "user-id does not belong to this access-key")
    return None


def _check_timestamp(text, unit, now):
    if not text:
        return _refuse("timestamp_missing", "timestamp is missing")
    if not re.fullmatch(f"[0-9]{{{DIGITS[unit]}}}", text):
        return _refuse("timestamp_malformed", f"timestamp is not {DIGITS[unit]} digits ({unit})")
    if abs(int(text) / UNITS_PER_SECOND[unit] - now) > CLOCK_WINDOW_SECONDS:
        return _refuse("timestamp_outside_window", "timestamp is more than 600 s off")
    return None


def _check_nonce(headers, nonce, rule):
    if rule == "absent":
        if "nonce-str" in headers:
            return _refuse("nonce_unexpected", "nonce-str must not be sent to this gateway")
        return None
    if "nonce-str" not in headers:
        if rule == "required":
            return _refuse("nonce_missing", "nonce-str is missing")
        return None
    if not re.fullmatch("[0-9A-Za-z]{32}", nonce):
        return _refuse("nonce_malformed", "nonce-str is not 32 letters and digits")
    return None


def _check_signature(values, credentials):
    if not values["signature"]:
        return _refuse("signature_missing", "signature is missing")
    expected = sign(
        values["access-key"], values["timestamp"], values["nonce-str"], credentials.secret
    )
    if not _same(values["signature"], expected):
        return _refuse("signature_wrong", "signature is wrong")
    return None


def _same(given, expected):
    return hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8"))

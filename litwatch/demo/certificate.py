"""A certificate made on the spot, so that the stand-in can speak TLS under NCBI's own name.

It signs itself, is of worth to nobody who does not name its file in SSL_CERT_FILE, and exists as
long as its folder: no private key lies in the repository, and no further library is needed. The key
is one of the curve P-256 (FIPS 186-5), the certificate X.509 version 3 (RFC 5280, RFC 5480).
"""

import secrets
from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_A = _P - 3
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
"""The curve's field, first coefficient, order and base point (FIPS 186-5, SP 800-186)."""

_EC_KEY = "06072a8648ce3d0201"
_P256 = "06082a8648ce3d030107"
_ECDSA_SHA256 = "06082a8648ce3d040302"
_COMMON_NAME = "0603550403"
_BASIC_CONSTRAINTS = "0603551d13"
_KEY_USAGE = "0603551d0f"
_EXTENDED_USAGE = "0603551d25"
_SERVER = "06082b06010505070301"
_ALTERNATIVE_NAMES = "0603551d11"
_SUBJECT_KEY = "0603551d0e"
_AUTHORITY_KEY = "0603551d23"
_TRUE = "0101ff"

_Point = tuple[int, int] | None
"""A point of the curve, None for the one at infinity."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the certificate and its key are."""

    certificate: Path
    key: Path


def make_certificate(hosts: Sequence[str], folder: Path) -> Certificate:
    """A new certificate for these hosts, valid until 2049, and its key, written to the folder."""
    secret = 1 + secrets.randbelow(_N - 1)
    public = _encoded_point(_times(secret, _G))
    signed = _to_be_signed(hosts, public)
    certificate = _sequence(signed, _algorithm(), _bits(_signature(signed, secret)))
    parts = _integer(1), _tlv(0x04, secret.to_bytes(32)), _tlv(0xA0, bytes.fromhex(_P256))
    key = _sequence(*parts, _tlv(0xA1, _bits(public)))
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    made.certificate.write_text(_pem("CERTIFICATE", certificate), "ascii")
    made.key.touch(mode=0o600)
    made.key.write_text(_pem("EC PRIVATE KEY", key), "ascii")
    return made


def _pem(kind: str, der: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{encodebytes(der).decode()}-----END {kind}-----\n"


# ---- what is signed (RFC 5280, section 4.1) ------------------------------------------------------


def _to_be_signed(hosts: Sequence[str], public: bytes) -> bytes:
    common = _sequence(bytes.fromhex(_COMMON_NAME), _tlv(0x0C, b"litwatch test certificate"))
    name = _sequence(_tlv(0x31, common))
    curve = _sequence(bytes.fromhex(_EC_KEY), bytes.fromhex(_P256))
    return _sequence(
        _tlv(0xA0, _integer(2)),
        _integer(secrets.randbits(64) | 1 << 64),
        _algorithm(),
        name,
        _sequence(_tlv(0x17, b"200101000000Z"), _tlv(0x17, b"491231235959Z")),
        name,
        _sequence(curve, _bits(public)),
        _tlv(0xA3, _sequence(*_extensions(hosts, public))),
    )


def _extensions(hosts: Sequence[str], public: bytes) -> Sequence[bytes]:
    identifier = sha1(public, usedforsecurity=False).digest()
    names = _sequence(*(_tlv(0x82, host.encode()) for host in hosts))
    usages = _tlv(0x03, b"\x02\x84")  # digitalSignature and keyCertSign
    return (
        _extension(_BASIC_CONSTRAINTS, _sequence(bytes.fromhex(_TRUE)), critical=True),
        _extension(_KEY_USAGE, usages, critical=True),
        _extension(_EXTENDED_USAGE, _sequence(bytes.fromhex(_SERVER))),
        _extension(_ALTERNATIVE_NAMES, names),
        _extension(_SUBJECT_KEY, _tlv(0x04, identifier)),
        _extension(_AUTHORITY_KEY, _sequence(_tlv(0x80, identifier))),
    )


def _extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    marks = [bytes.fromhex(_TRUE)] if critical else []
    return _sequence(bytes.fromhex(identifier), *marks, _tlv(0x04, value))


def _algorithm() -> bytes:
    return _sequence(bytes.fromhex(_ECDSA_SHA256))


# ---- DER (ITU-T X.690) ---------------------------------------------------------------------------


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size) + content


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _integer(number: int) -> bytes:
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _bits(content: bytes) -> bytes:
    return _tlv(0x03, b"\0" + content)


# ---- the curve and ECDSA (FIPS 186-5, section 6.4) ----------------------------------------------


def _signature(message: bytes, secret: int) -> bytes:
    digest = int.from_bytes(sha256(message).digest())
    while True:
        nonce = 1 + secrets.randbelow(_N - 1)
        point = _times(nonce, _G)
        r = point[0] % _N if point else 0
        s = pow(nonce, -1, _N) * (digest + r * secret) % _N
        if r and s:
            return _sequence(_integer(r), _integer(s))


def _encoded_point(point: _Point) -> bytes:
    x, y = point or (0, 0)
    return b"\x04" + x.to_bytes(32) + y.to_bytes(32)


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        factor >>= 1
    return total


def _sum(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    if one == other:
        slope = (3 * x1 * x1 + _A) * pow(2 * y1, -1, _P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P

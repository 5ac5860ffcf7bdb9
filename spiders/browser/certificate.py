"""The certificate under which a mirror is shown to our own Chromium where the merchant's address says ``https``.

A mirror speaks plain HTTP. The page, though, must keep its ``https`` address, or its links, cookies and scripts would
behave as they never do for a visitor. So the fence itself answers the handshake, with a key made for this run, never
written down for longer than it takes to read it back, and believed by the Chromium of this run alone.
"""

import base64
import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(days=7)


class Certificate(NamedTuple):
    """What a mirror is shown under: the server's side of TLS, and the fingerprint that Chromium is told to believe.

    ``fingerprint`` is the Base64 of the SHA-256 of the public key (SubjectPublicKeyInfo), the form that Chromium's
    switch ``--ignore-certificate-errors-spki-list`` takes.
    """

    context: ssl.SSLContext
    fingerprint: str


def make_certificate(now: datetime | None = None) -> Certificate:
    """Return a new key and a certificate that it signed itself, valid for a week."""
    now = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "barometer mirror")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The ssl module reads keys from files only.
    with NamedTemporaryFile(suffix=".pem") as pem:
        pem.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        pem.write(certificate.public_bytes(Encoding.PEM))
        pem.flush()
        context.load_cert_chain(pem.name)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(context, base64.b64encode(hashlib.sha256(public).digest()).decode("ascii"))

"""Whom we believe on an encrypted connection: as a browser does, no more and no less."""

from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet._sslverify import ClientTLSOptions
from twisted.internet.ssl import CertificateOptions, platformTrust
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

_INCOMPLETE_CHAIN = frozenset({20, 21})
"""OpenSSL's codes for a chain whose issuer the server did not send (X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and
X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE). Browsers fetch the missing certificate, so visitors notice nothing."""

_LEGACY_SERVER_CONNECT = 0x4


@implementer(IPolicyForHTTPS)
class VisitorTrust:
    """TLS as a visitor's browser does it: a wrong name, an expired or a self-signed certificate ends the connection.

    The trust store is the platform's. One context serves all hosts, since loading the store costs milliseconds.
    """

    def __init__(self) -> None:
        trusted = platformTrust()  # type: ignore[no-untyped-call]
        self._options = CertificateOptions(trustRoot=trusted, fixBrokenPeers=True)
        self._options.getContext().set_options(_LEGACY_SERVER_CONNECT)

    def creatorForNetloc(self, hostname: bytes, port: int) -> ClientTLSOptions:  # noqa: N802 - Twisted's name
        """Return what opens a TLS connection to *hostname*; *port* plays no part."""
        return _VisitorTLSOptions(self._options._makeTLSConnection, hostname.decode("ascii").strip("[]"))


class _VisitorTLSOptions(ClientTLSOptions):
    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: N802, N803
        connection = super().clientConnectionForTLS(tlsProtocol)
        expected = DNS_ID(self._hostnameASCII) if self._hostnameIsDnsName else IPAddress_ID(self._hostnameASCII)

        def verified(_: SSL.Connection, certificate: X509, code: int, depth: int, ok: int) -> bool:
            if not ok and code not in _INCOMPLETE_CHAIN:
                return False
            if depth:
                return True
            try:
                verify_service_identity(extract_patterns(certificate), [expected], [])
            except (VerificationError, CertificateError, ValueError):
                return False
            return True

        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verified)
        return connection

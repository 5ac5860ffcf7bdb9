"""What an S3 service, or the way to it, complains of: in words, with the remedy, and with no secret in them."""

import re
from urllib.parse import urlsplit

from storage.evidence_location import Bucket
from storage.problems import StoreUnreachable

_CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws, for every machine"
_ENDPOINT = "is the service running, and AWS_ENDPOINT_URL right? What is stored is whole; the same command goes on"
_REGION = "set AWS_REGION to the region of the bucket"
_CODES: dict[str, tuple[str, str]] = {
    "NoSuchBucket": ("there is no such bucket", "make the bucket, or mend evidence in the settings; is AWS_ENDPOINT_URL right?"),
    "AccessDenied": ("access is denied", "allow s3:ListBucket, GetObject, PutObject and DeleteObject to these credentials"),
    "AllAccessDisabled": ("access is denied", "look at the bucket in the service's console"),
    "InvalidAccessKeyId": ("the access key is not known there", _CREDENTIALS),
    "SignatureDoesNotMatch": ("the secret key is not the right one", _CREDENTIALS),
    "ExpiredToken": ("the credentials have expired", "renew them; what is stored is whole"),
    "InvalidToken": ("the session token is not valid", "renew the credentials, or unset AWS_SESSION_TOKEN"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set the clock"),
    "PermanentRedirect": ("the bucket is in another region", _REGION),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", _REGION),
    "IllegalLocationConstraintException": ("the bucket is in another region", _REGION),
    "SlowDown": ("the service asks us to slow down", "run fewer batches at once (night.batches_at_once)"),
    "ServiceUnavailable": ("the service is not available", _ENDPOINT),
    "InternalError": ("the service has an error of its own", _ENDPOINT),
    "QuotaExceeded": ("the quota is used up", "make room, or raise the quota"),
    "XMinioStorageFull": ("the service's disks are full", "make room there"),
    "301": ("the bucket is in another region", _REGION),
    "400": ("the request was refused", f"are region and credentials right? {_REGION}"),
    "403": ("access is denied", _CREDENTIALS),
    "404": ("there is no such bucket", "make the bucket, or mend evidence in the settings"),
}  # fmt: skip
_RAISED: dict[str, tuple[str, str]] = {
    "NoCredentialsError": ("there are no credentials", _CREDENTIALS),
    "PartialCredentialsError": ("half of the credentials is missing", _CREDENTIALS),
    "CredentialRetrievalError": ("the credentials cannot be had", _CREDENTIALS),
    "ProfileNotFound": ("AWS_PROFILE names no profile", _CREDENTIALS),
    "ConfigParseError": ("~/.aws/config cannot be read", "mend that file"),
    "NoRegionError": ("no region is given", _REGION),
    "InvalidRegionError": ("the region is none", _REGION),
    "SSLError": ("its certificate is not trusted", "set AWS_CA_BUNDLE to the certificate of the service's authority"),
    "EndpointConnectionError": ("the service does not answer", _ENDPOINT),
    "ConnectTimeoutError": ("the service does not answer", _ENDPOINT),
    "ReadTimeoutError": ("the service stopped answering", _ENDPOINT),
    "ConnectionClosedError": ("the service stopped answering", _ENDPOINT),
    "ProxyConnectionError": ("the proxy does not answer", "mend HTTPS_PROXY, or name the service in NO_PROXY"),
}
_SPOKEN = re.compile(r"[A-Za-z0-9]{1,60}")


def is_absent(error: BaseException) -> bool:
    """Tell whether *error* says that one object is not there; a bucket that is not there is another matter."""
    return isinstance(error, FileNotFoundError) and code_of(error) != "NoSuchBucket"


def code_of(error: BaseException) -> str:
    """Return the code that the service gave, such as ``NoSuchBucket``; empty where it gave none."""
    answer = getattr(error.__cause__, "response", None) or getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and _SPOKEN.fullmatch(code) else ""


def problem_of(error: BaseException, doing: str, location: Bucket) -> StoreUnreachable:
    """Return *error* as a problem: evidence cannot *doing* (such as "be written to") *location*."""
    code, kind = code_of(error), type(error).__name__
    what, remedy = _CODES.get(code) or _RAISED.get(kind) or (f"the service says {code or kind}", _ENDPOINT)
    return StoreUnreachable(f"evidence cannot {doing} {location}: {what}{_where(error)}", remedy)


def _where(error: BaseException) -> str:
    """Return the service that was asked, where the error names it: scheme, host and port alone, which hold no secret."""
    given = getattr(error, "kwargs", {}).get("endpoint_url")
    try:
        address = urlsplit(given) if isinstance(given, str) else None
        port = address.port if address is not None else None
    except ValueError:
        return ""
    if address is None or not address.hostname:
        return ""
    return f" ({address.scheme}://{address.hostname}{f':{port}' if port else ''})"

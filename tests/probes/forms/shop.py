"""A merchant on loopback who takes forms: serves hand-made pages, answers each way a server may, and keeps what it was sent."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

MOST_BODY = 200_000
THANKS = "<p>Merci, votre message a bien été envoyé.</p>"


class Post(NamedTuple):
    """What one submission held, by the path that it was sent to."""

    path: str
    fields: dict[str, str]


class Shop:
    """One site: ``pages`` by path; what arrives by POST (or by GET at ``/get``) stands in ``posts``."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.posts: list[Post] = []
        self.robots = ""
        self.base = ""
        self.agents: set[str] = set()

    def answer(self, path: str, fields: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Return status, body and further headers of the answer to a form sent to *path*."""
        name = path.rpartition("/")[2]
        if name == "slow":
            time.sleep(30)
        fixed = {
            "redirect": (303, "", {"Location": "/merci"}),
            "home": (303, "", {"Location": "/other"}),
            "json": (200, '{"success": true}', {"Content-Type": "application/json"}),
            "json-error": (200, '{"success": false}', {"Content-Type": "application/json"}),
            "silent": (200, "<h1>Maison Exemple</h1><p>Nos vases sont tournés à la main.</p>", {}),
            "500": (500, "<h1>Oops</h1>", {}),
            "403": (403, "<h1>Forbidden</h1><p>Request blocked.</p>", {}),
            "422": (422, "<p>Le champ e-mail est invalide.</p>", {}),
            "404": (404, "<h1>Not found</h1>", {}),
            "english": (200, "<h1>Thank you for contacting us</h1><p>We will get back to you shortly.</p>", {}),
        }
        if name == "again":
            return (
                200,
                self.pages["/"].replace(
                    "<form", "<p class=error>Veuillez corriger les erreurs : le message est trop court.</p><form"
                ),
                {},
            )
        if name == "step2":
            return 200, self.pages["/step2"], {}
        if name == "phone" and not fields.get("phone", "").startswith("+33"):
            refused = "<p role=alert>Le numéro de téléphone est invalide (format attendu : +33…).</p><form"
            return (
                200,
                self.pages["/"]
                .replace("<form", refused)
                .replace("name=message>", f"name=message>{fields.get('message', '')}"),
                {},
            )
        return fixed.get(name, (200, f"<h1>Contact</h1>{THANKS}", {}))


def document(body: str) -> str:
    """Return *body* as a page of the shop."""
    if body.lstrip().startswith("<!doctype"):
        return body
    return f"<!doctype html><html lang=fr><meta charset=utf-8><title>Contact | Maison Exemple</title><body>{body}"


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shop.agents.add(self.headers.get("User-Agent", ""))
            parts = urlsplit(self.path)
            if parts.path == "/robots.txt":
                self._say(200 if shop.robots else 404, shop.robots, {"Content-Type": "application/octet-stream"})
            elif parts.path == "/get":
                shop.posts.append(Post(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))))
                self._say(200, document(THANKS), {})
            elif parts.path == "/merci":
                self._say(200, document("<h1>Votre demande a bien été enregistrée</h1>"), {})
            elif parts.path in shop.pages:
                self._say(200, document(shop.pages[parts.path]), {})
            elif parts.path.startswith("/status-"):
                self._say(int(parts.path[8:]), document("<h1>Page</h1>"), {})
            else:
                self._say(404, document("<h1>Introuvable</h1>"), {})

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BODY))
            fields = _fields(self.headers.get("Content-Type", ""), body)
            shop.posts.append(Post(self.path, fields))
            if self.path == "/drop":
                self.close_connection = True
                return
            status, answer, headers = shop.answer(self.path, fields)
            json_body = headers.get("Content-Type", "").endswith("json")
            self._say(status, answer if json_body else document(answer), headers)

        def do_OPTIONS(self) -> None:
            self._say(204, "", {"Access-Control-Allow-Headers": "*"})

        def _say(self, status: int, body: str, headers: dict[str, str]) -> None:
            content = body.replace("{base}", shop.base).encode()
            given = {"Content-Type": "text/html; charset=utf-8", "Access-Control-Allow-Origin": "*", **headers}
            self.send_response(status)
            for name, value in given.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _fields(kind: str, body: bytes) -> dict[str, str]:
    if kind.startswith("application/json"):
        return {str(key): str(value) for key, value in json.loads(body).items()}
    if kind.startswith("multipart/"):
        parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=HTTP)
        named = [
            (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
            for part in parts.iter_parts()
        ]
        return {str(name): content.decode() for name, content in named if isinstance(content, bytes)}
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


@contextmanager
def open_shop(address: str = "127.0.0.1") -> Iterator[Shop]:
    """Serve a shop while the context is open."""
    shop = Shop()
    server = ThreadingHTTPServer((address, 0), _handler(shop))
    server.daemon_threads = True
    server.block_on_close = False
    shop.base = f"http://{address}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

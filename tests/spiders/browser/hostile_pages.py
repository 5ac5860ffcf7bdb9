"""Pages that do to a browser what pages do: by mistake, by greed, or on purpose. Each shows a phone number first."""

from http import HTTPStatus
from threading import Lock

from barometer.demo.loopback import Reply

NUMBER = "01 99 00 12 34"
SHOP = f"<h1>Maison Exemple</h1><p>Service clients : {NUMBER}</p>"


def _script(source: str) -> str:
    return f"{SHOP}<script>{source}</script><p>la fin</p>"


PAGES = {
    "calm": SHOP,
    "alert-storm": _script("while (true) alert('bonjour')"),
    "few-dialogs": _script("alert(1); document.title = confirm('sûr ?') + ' ' + prompt('nom ?')"),
    "beforeunload": _script("addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 'restez' })"),
    "endless-loop": _script("while (true) {}"),
    "endless-loop-later": _script("setTimeout(() => { while (true) {} }, 250)"),
    "endless-loops": _script("setInterval(() => { while (true) {} }, 1)"),
    "endless-pattern": _script("/^(a+)+$/.test('a'.repeat(60) + 'b')"),
    "endless-promises": _script("const again = () => Promise.resolve().then(again); again()"),
    "pop-ups": _script("for (let i = 0; i < 300; i++) window.open('/popped-' + i)"),
    "closes-itself": _script("window.close(); setInterval(() => { window.close(); self.close(); top.close() }, 20)"),
    "huge": SHOP + "<ul>" + "<li><a href=x>y</a>" * 50_000 + "</ul>",
    "grows-for-ever": _script("setInterval(() => document.body.append(document.createElement('p')), 20)"),
    "animates-for-ever": _script("setInterval(() => { document.body.style.opacity = 0.9 + Math.random() / 10 }, 5)"),
    "reloads": _script("location.reload()"),
    "reloads-later": _script("setTimeout(() => location.reload(), 150)"),
    "pushes-history": _script(
        "setInterval(() => { for (let i = 0; i < 500; i++) history.pushState({}, '', '#' + i) }, 1)"
    ),
    "moves-on": _script("setTimeout(() => { location.href = '/calm?moved' }, 200)"),
    "moves-to-closed": _script("setTimeout(() => { location.href = '/closed/page' }, 100)"),
    "downloads": f"{SHOP}<iframe src=/file.zip></iframe>" + "<script>location.href = '/file.zip'</script>",
    "asks-too-much": _script("for (let i = 0; i < 2000; i++) fetch('/calm?' + i).catch(() => {})"),
    "logs-too-much": _script("setInterval(() => { for (let i = 0; i < 200; i++) console.error('x'.repeat(999)) }, 1)"),
    "throws": _script("setTimeout(() => { throw new Error('a') }); nothing.there()"),
    "frames-itself": SHOP + "".join(f"<iframe src='/frames-itself?{i}'></iframe>" for i in range(4)),
    "many-pictures": SHOP + "".join(f"<img src=/picture-{i}.svg width=20 height=20>" for i in range(60)),
    "redefines": _script(
        "window.setTimeout = () => 0; window.Promise = null; MutationObserver = null; document.querySelector = null;"
        "Element.prototype.scrollTo = () => { throw 1 }; requestAnimationFrame = () => 0; performance.getEntriesByType = 1"
    ),
    "speculates": SHOP
    + "<link rel=prefetch href=/ahead-1><link rel=icon href=/icon>"
    + "<script type=speculationrules>"
    + '{"prefetch":[{"source":"list","urls":["/ahead-2"],"eagerness":"immediate"}],'
    + '"prerender":[{"source":"list","urls":["/ahead-3"],"eagerness":"immediate"}]}</script>'
    + "<video src=/film.mp4 autoplay muted></video><style>@font-face{font-family:f;src:url(/font.woff2)} h1{font-family:f}"
    + "</style><script>navigator.sendBeacon('/beacon', 'x')</script>",
    "waits-for-a-stranger": f"<script src=http://stranger.test/script.js></script>{SHOP}",
}
"""Bodies by name; the address is the name."""

ELSEWHERE = {
    "file.zip": Reply(200, b"PK" + bytes(500), "application/zip", (("Content-Disposition", "attachment"),)),
    "robots.txt": Reply(200, b"User-agent: *\nDisallow: /closed/\n", "text/plain"),
    "hops": Reply(302, headers=(("Location", "/hops"),)),
    "to-closed": Reply(302, headers=(("Location", "/closed/page"),)),
    "moved": Reply(301, headers=(("Location", "/calm"),)),
    "plain.txt": Reply(200, b"01 99 00 12 34", "text/plain"),
    "numbers.json": Reply(200, b'{"phone": "01 99 00 12 34"}', "application/json"),
    "gone": Reply(404, b"<h1>Page introuvable</h1>"),
    "forbidden": Reply(403, b"<h1>Page introuvable</h1>"),
    "busy": Reply(503, b"<h1>Page introuvable</h1>"),
    "closed/page": Reply(200, SHOP.encode()),
    "empty": Reply(204),
    "big": Reply(200, SHOP.encode() + b"<p>" + b"lampe " * 400_000),
    "rules": Reply(200, b'{"prefetch":[{"source":"list","urls":["/ahead-4"],"eagerness":"immediate"}]}',
                   "application/speculationrules+json"),
}  # fmt: skip


class HostileSite:
    """Serves the pages and notes every target asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._lock = Lock()

    def __call__(self, method: str, target: str) -> Reply:
        """Return the reply to *target*."""
        with self._lock:
            self.asked.append(target)
        name = target.strip("/").partition("?")[0]
        if name in PAGES:
            rules = (("Speculation-Rules", '"/rules"'),) if name == "speculates" else ()
            return Reply(200, PAGES[name].encode(), headers=rules)
        if name.startswith("picture-"):
            return Reply(200, b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "image/svg+xml")
        return ELSEWHERE.get(name, Reply(HTTPStatus.NOT_FOUND, b"<h1>404</h1>"))

from typing import Any

from rich.console import Console

from barometer.reports.terminal import audit_summary
from tests.barometer.audit_samples import CONTACT, HOME, Json, absent, changed, exact, follow, static_audit, value


def printed(audit: Json, width: int = 80) -> str:
    console = Console(width=width, file=None, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(audit_summary(audit))
    return capture.get()


def with_channel(channel: str, part: Json) -> Json:
    return changed(static_audit(), lambda audit: audit["channels"].update({channel: part}))


def row(text: str, channel: str) -> str:
    """Return the lines of a channel as one."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(channel))
    more = next((n for n, line in enumerate(lines[start + 1 :], start + 1) if not line.startswith(" ")), len(lines))
    return " ".join(" ".join(lines[start:more]).split())


def test_a_page_of_the_site_is_shown_by_its_path() -> None:
    text = printed(static_audit())
    assert row(text, "contact page") == "contact page 1 click /contact home → Nous contacter"
    home = printed(with_channel("contact_page", exact(0, [value(HOME)])))
    assert row(home, "contact page") == "contact page 0 clicks the home page home"


def test_a_long_address_is_cut_in_its_middle_and_never_folded() -> None:
    account = "https://www.facebook.com/people/Maison-Lumen-Atelier-de-Lampes/100099000000042/"
    text = printed(with_channel("facebook", exact(0, [value(account)])))
    (shown,) = (line for line in text.splitlines() if line.startswith("Facebook"))
    assert shown.split()[3].startswith("facebook.com/peopl") and shown.split()[3].endswith("…a/100099000000042"[-16:])
    assert "…" in shown


def test_a_mail_address_stays_whole_on_a_narrow_terminal() -> None:
    address = "service.clients@maison-lumen.example"
    steps = [follow("Politique de confidentialité et mentions légales"), follow("Afficher l'adresse", action="press")]
    for unknown in (absent("not_found", searched="complete"), absent("not_measured", reason="needs_browser")):
        audit = changed(
            with_channel("email", exact(2, [value(address, depth=2)], steps)),
            lambda audit, part=unknown: audit["channels"].update(callback=part),
        )
        text = printed(audit)
        assert address in text
        assert row(text, "email").endswith("→ Afficher l'adresse")


def test_a_mail_address_longer_than_that_is_folded_and_loses_nothing() -> None:
    address = "x" * 50 + "@maison-lumen.example"
    text = printed(with_channel("email", exact(0, [value(address)])))
    assert address in "".join(row(text, "email").replace(" home ", " ").split())


def test_a_control_without_words_is_an_icon_with_its_target() -> None:
    steps: list[Any] = [follow("\ue001", HOME + "aide"), follow("", CONTACT), follow(None, CONTACT, action="press")]
    text = printed(with_channel("phone", exact(3, [value("+33199001120", depth=3)], steps)), 160)
    assert "home → an icon to /aide → an icon to /contact → an icon" in row(text, "phone")


def test_what_was_pressed_is_no_part_of_an_address() -> None:
    pressed = CONTACT + "#:~:text=Afficher%20le%20num%C3%A9ro"
    text = printed(with_channel("phone", exact(2, [value("+33199001120", depth=2)], [follow(), follow(None, pressed)])))
    assert ":~:" not in text and "%20" not in text


def test_what_was_set_aside_is_told_one_a_line_in_words() -> None:
    text = printed(static_audit())
    assert "set aside: +33199000099 (mediator)\n           +33199001121 (fax)\n" in text
    assert "facebook.com/sharer.php (other account)" in text


def test_a_site_without_any_channel_still_has_its_table() -> None:
    def nothing(audit: Json) -> None:
        audit["channels"] = {name: absent("not_found", searched="complete") for name in audit["channels"]}
        audit["set_aside"] = []

    text = printed(changed(static_audit(), nothing))
    assert text.count("not found") == 12 and "set aside" not in text

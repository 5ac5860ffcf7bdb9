"""Live chat: what a visitor can press, and what only a script announces."""

import tomllib
from importlib.resources import files

import pytest

from spiders.detect.chat import chat_hints, find_chat
from spiders.detect.document import Document
from spiders.detect.lexicon import words
from storage.vocabulary import SetAsideReason


def page(body: str, language: str = "fr") -> Document:
    return Document(f"<html lang={language}><body>{body}</body></html>".encode(), "https://www.lamaison.test/")


def values(body: str) -> list[str]:
    return [sighting.value for sighting in find_chat(page(body)).sightings]


def test_a_whatsapp_link_is_a_chat_whose_display_is_its_address() -> None:
    [sighting] = find_chat(page('<a href="https://wa.me/33639980001?text=Bonjour"><i class="wa"></i></a>')).sightings
    assert (sighting.value, sighting.display, sighting.automatic) == ("whatsapp", "https://wa.me/33639980001", False)


def test_a_messenger_link_is_a_chat() -> None:
    assert values('<a href="https://m.me/lamaison">Messenger</a>') == ["messenger"]


def test_sharing_by_whatsapp_is_no_chat() -> None:
    findings = find_chat(page('<a href="https://api.whatsapp.com/send?text=Vu">Partager</a>'))
    assert findings.sightings == []
    assert [value.why for value in findings.set_aside] == [SetAsideReason.NOT_OWN_ACCOUNT]


@pytest.mark.parametrize(
    "body",
    [
        "<button>Tchatter avec nous</button>",
        '<button aria-label="Ouvrir le chat"><svg></svg></button>',
        '<div role="button">Discuter avec un conseiller</div>',
        '<a href="#chat">Chat en direct</a>',
        '<a href="/service/chat">Live chat</a>',
        '<a href="javascript:ouvrir()" onclick="ouvrir()">Chattez avec nous</a>',
        "<button>Discutons !</button>",
        "<button>Clavarder</button>",
        "<button>Chat starten</button>",
        "<button>Chat en vivo</button>",
        "<button>Apri la chat</button>",
        "<button>Start chat</button>",
    ],
)
def test_a_launcher_that_says_so_is_a_chat(body: str) -> None:
    assert values(body) == ["chat"]


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/chat">Chat</a><a href="/chaton">Chatons et chats</a>',
        "<p>Croquettes pour chat et achat de litière</p>",
        "<button>Acheter</button>",
        '<a href="/blog/pourquoi-le-live-chat-convertit">Le chat en direct, une bonne idée</a>',
        "<p>Notre équipe répond par tchat, par téléphone et par courriel.</p>",
        "<a>Chat en direct</a>",
        '<div style="display:none"><button>Tchat</button></div>',
        "<button>Ajouter au panier</button><p>Rachat de vos chaises</p>",
    ],
)
def test_cats_purchases_articles_and_promises_are_no_chat(body: str) -> None:
    assert values(body) == []


def test_a_word_that_leads_nowhere_is_a_doubtful_chat() -> None:
    [sighting] = find_chat(page('<div><h3>par tchat</h3><a href="#">Cliquez ici</a></div>')).sightings
    assert (sighting.value, sighting.display) == ("chat", "Cliquez ici")
    assert sighting.confidence < 0.5


def test_click_here_beside_other_words_is_no_chat() -> None:
    body = '<button class="chat">x</button><div><h3>par courrier</h3><a href="#">Cliquez ici</a></div><p>tchat</p>'
    assert values(body) == []


def test_a_script_alone_is_a_hint_and_no_sighting() -> None:
    document = page("<script src='https://static.zdassets.com/ekr/snippet.js?key=1'></script>")
    assert find_chat(document).sightings == []
    assert chat_hints(document) == ["zendesk"]


def test_hints_come_from_inline_loaders_and_frames_too_each_once() -> None:
    body = (
        '<script>s.src="https://embed.tawk.to/1/default"; t.src="https://embed.tawk.to/2"</script>'
        '<script>(function(){l.src="//client.crisp.chat/l.js"})()</script><iframe src="https://landbot.io/u/x"></iframe>'
    )
    assert chat_hints(page(body)) == ["tawk.to", "crisp", "landbot"]


@pytest.mark.parametrize("host", ["notzendesk.com", "zendesk.com.lamaison.test", "www.lamaison.test"])
def test_a_host_that_only_resembles_a_vendor_is_no_hint(host: str) -> None:
    assert chat_hints(page(f"<script src='https://{host}/x.js'></script>")) == []


def test_a_worded_launcher_takes_the_name_of_the_service_the_page_loads() -> None:
    assert values("<button>Tchat en direct</button><script src='https://halc.iadvize.com/iadvize.js'></script>") == [
        "iadvize"
    ]


def test_a_launcher_of_a_known_service_is_seen_without_words() -> None:
    assert values('<div class="joinchat" data-settings="{}"><div class="joinchat__button"></div></div>') == ["whatsapp"]


@pytest.mark.parametrize(
    "body",
    [
        "<button>Parler à notre chatbot</button>",
        '<df-messenger chat-title="Aide"></df-messenger>',
        "<button>Assistant virtuel</button>",
    ],
)
def test_a_robot_is_a_chat_marked_automatic(body: str) -> None:
    [sighting] = find_chat(page(body)).sightings
    assert sighting.automatic is True


def test_every_launcher_of_the_table_names_chat_and_every_vendor_stands_once() -> None:
    vendors = tomllib.loads((files("spiders.detect") / "chat.toml").read_text("utf-8"))["vendor"]
    names = [vendor["name"] for vendor in vendors]
    assert len(names) == len(set(names))
    hosts = [host for vendor in vendors for host in vendor["hosts"]]
    assert len(hosts) == len(set(hosts))
    assert [launcher for vendor in vendors for launcher in vendor.get("launchers", []) if "chat" not in launcher] == []


def test_every_launch_word_is_noticed_by_the_quick_first_look() -> None:
    stems = words("chat", "stems")
    unnoticed = [
        word for word in words("chat", "launch") if "chat" not in word and not any(stem in word for stem in stems)
    ]
    assert unnoticed == []

"""What a person is asked to write on Facebook, and what a pasted link tells."""

from base64 import b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from probes.facebook.links import FacebookLink, LinkKind, NoFacebookLink, link_kind, message_draft, post_draft

PFBID = "pfbid02" + "aB3" * 20
COMMENT = b64encode(b"comment:122_987654").decode()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://www.facebook.com/elan.mode", FacebookLink(LinkKind.PAGE, "elan.mode")),
        ("https://www.facebook.com/profile.php?id=1000", FacebookLink(LinkKind.PAGE, "1000")),
        ("https://www.facebook.com/elan/posts/122", FacebookLink(LinkKind.POST, "elan", "122")),
        ("https://m.facebook.com/elan/posts/soldes-d-hiver/122/?ref=x", FacebookLink(LinkKind.POST, "elan", "122")),
        ("https://fr-fr.facebook.com/elan/posts/122", FacebookLink(LinkKind.POST, "elan", "122")),
        (f"https://www.facebook.com/elan/posts/{PFBID}", FacebookLink(LinkKind.OPAQUE, "elan")),
        ("https://www.facebook.com/permalink.php?story_fbid=122&id=1000", FacebookLink(LinkKind.POST, "1000", "122")),
        (f"https://www.facebook.com/permalink.php?story_fbid={PFBID}&id=1000", FacebookLink(LinkKind.OPAQUE, "1000")),
        ("https://m.facebook.com/story.php?story_fbid=122&id=1000", FacebookLink(LinkKind.POST, "1000", "122")),
        ("https://www.facebook.com/groups/55/posts/122/", FacebookLink(LinkKind.POST, "55", "122")),
        ("https://www.facebook.com/photo/?fbid=122&set=a.1", FacebookLink(LinkKind.MEDIA, "", "122")),
        ("https://www.facebook.com/elan/photos/a.1/122", FacebookLink(LinkKind.MEDIA, "elan", "122")),
        ("https://www.facebook.com/elan/videos/122/", FacebookLink(LinkKind.MEDIA, "elan", "122")),
        ("https://www.facebook.com/watch/?v=122", FacebookLink(LinkKind.MEDIA, "", "122")),
        ("https://www.facebook.com/reel/122", FacebookLink(LinkKind.MEDIA, "", "122")),
        ("https://www.facebook.com/share/p/1AbCdEf/", FacebookLink(LinkKind.OPAQUE)),
        ("https://fb.com/elan/posts/122?comment_id=9", FacebookLink(LinkKind.COMMENT, "elan", "122", "9")),
        (
            f"https://www.facebook.com/elan/posts/{PFBID}?comment_id={COMMENT}",
            FacebookLink(LinkKind.COMMENT, "elan", "", "987654"),
        ),
        (
            "https://www.facebook.com/elan/posts/122?comment_id=9&reply_comment_id=10",
            FacebookLink(LinkKind.COMMENT, "elan", "122", "10"),
        ),
        ("https://www.facebook.com/elan/posts/122?comment_id=%00%ff", FacebookLink(LinkKind.POST, "elan", "122")),
    ],
)
def test_a_link_tells_what_it_names(url: str, told: FacebookLink) -> None:
    assert link_kind(url) == told


@pytest.mark.parametrize(
    "url",
    [
        "",
        "elan",
        "https://www.facebook.com/",
        "https://www.facebook.com/elan/about",
        "https://www.facebook.com/elan/posts/",
        "https://www.facebook.com/elan/posts/12%2F..%2Fme",
        "https://www.facebook.com/elan/posts/١٢٢",
        "https://www.facebook.com/permalink.php?id=1000",
        "https://www.facebook.com/groups/55",
        "https://www.facebook.com/<b>/posts/122",
        "https://facebook.com.evil.example/elan/posts/122",
        "https://www.facebook.com@evil.example/elan/posts/122",
        "https://evilfacebook.com/elan/posts/122",
        "javascript://www.facebook.com/elan/posts/122",
        "https://[www.facebook.com/elan/posts/122",
        "https://www.facebook.com/elan/posts/" + "1" * 3000,
    ],
)
def test_what_names_nothing_on_facebook_is_refused(url: str) -> None:
    with pytest.raises(NoFacebookLink):
        link_kind(url)


def test_the_graph_api_can_be_asked_for_a_post_whose_link_gives_both_numbers() -> None:
    assert link_kind("https://www.facebook.com/permalink.php?story_fbid=122&id=1000").graph_id == "1000_122"
    assert link_kind("https://www.facebook.com/elan/posts/122").graph_id == ""
    assert link_kind(f"https://www.facebook.com/permalink.php?story_fbid={PFBID}&id=1000").graph_id == ""


def test_a_message_draft_opens_the_conversation_with_the_page() -> None:
    text, link = message_draft("elan.mode", "Livrez-vous en Corse & ailleurs ?\n")
    parts = urlsplit(link)
    assert text == "Livrez-vous en Corse & ailleurs ?"
    assert (parts.netloc, parts.path, parse_qs(parts.query)) == ("m.me", "/elan.mode", {"text": [text]})


def test_a_post_draft_leads_to_the_page() -> None:
    assert post_draft("elan.mode", "Bonjour").link == "https://www.facebook.com/elan.mode"


@pytest.mark.parametrize("page", ["", "../me", "elan/posts", "elan?x=1", "élan", "-elan", "e" * 101])
def test_what_is_no_page_is_refused(page: str) -> None:
    with pytest.raises(NoFacebookLink):
        post_draft(page, "Bonjour")

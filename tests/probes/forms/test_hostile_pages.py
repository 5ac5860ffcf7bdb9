"""Pages that lie, flood, break our script or hang: nothing is sent twice, nothing raises, everything is bounded."""

import pytest

from probes.probe import Blocked, NotSent, Sent, Unclear
from tests.probes.forms.customers import Customer
from tests.probes.forms.shop import Shop

pytestmark = pytest.mark.slow

FORM = """<h2>Contactez-nous</h2><form method=post action=/post><label>Nom <input name=name></label><label>E-mail <input type=email name=mail></label>
<label>Message <textarea name=message></textarea></label><button>Envoyer</button></form>"""


def test_a_form_whose_fields_are_called_after_its_members_is_sent(customer: Customer, shop: Shop) -> None:
    clobbering = "".join(
        f"<input type=hidden name={name} value=1>"
        for name in ("attributes", "children", "elements", "id", "submit", "target", "title")
    )
    told = customer.writes(shop, FORM.replace("<button>", clobbering + "<button>"))
    assert isinstance(told.delivery, Sent), told
    assert len(told.posts) == 1


def test_a_page_that_redefines_the_browser_is_no_defect_of_ours(customer: Customer, shop: Shop) -> None:
    script = """<script>Array.from=()=>{throw 1};Element.prototype.closest=()=>{throw 1};document.querySelectorAll=()=>[];Object.defineProperty(Document.prototype,'body',{get(){throw 1}})</script>"""
    told = customer.writes(shop, FORM + script)
    assert isinstance(told.delivery, Blocked | NotSent | Unclear | Sent)
    assert len(told.posts) <= 1


def test_a_page_of_thousands_of_fields_is_read_within_bounds(customer: Customer, shop: Shop) -> None:
    flood = "<form><p>Autre</p>" + "<input name=a><select name=b><option>x</select>" * 3_000 + "</form>"
    told = customer.writes(shop, FORM + flood)
    assert isinstance(told.delivery, Sent), told


def test_a_menu_of_thousands_of_options_is_read_within_bounds(customer: Customer, shop: Shop) -> None:
    menu = (
        "<label>Ville de livraison<select name=v>"
        + "".join(f"<option>Ville {number}" for number in range(5_000))
        + "</select></label>"
    )
    told = customer.writes(shop, FORM.replace("<button>", menu + "<button>"))
    assert isinstance(told.delivery, Sent), told


def test_words_of_a_page_cannot_steer_a_terminal(customer: Customer, shop: Shop) -> None:
    label = "Couleur &#27;[31m&#8238;&#10;de votre chat *"
    told = customer.writes(shop, FORM.replace("<button>", f"<label>{label}<input name=z required></label><button>"))
    assert isinstance(told.delivery, Blocked), told
    assert told.delivery.why.isprintable()


def test_markup_that_closes_itself_early_names_no_field_of_ours(customer: Customer, shop: Shop) -> None:
    broken = "<div data-barometer-field=0 title='\"><form><textarea data-barometer-field=2></textarea>'></div>"
    told = customer.writes(shop, broken + FORM)
    assert isinstance(told.delivery, Sent), told
    assert told.posts[0].path == "/post"


def test_dialogs_without_end_end(customer: Customer, shop: Shop) -> None:
    told = customer.writes(
        shop, FORM.replace("<form", "<form onsubmit=\"event.preventDefault();for(let i=0;i<99;i++)alert('Encore')\"")
    )
    assert isinstance(told.delivery, Unclear), told
    assert told.posts == []


def test_a_page_that_hangs_once_it_is_sent_is_unclear(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, FORM.replace("<form", '<form onsubmit="event.preventDefault();for(;;);"'))
    assert isinstance(told.delivery, Unclear), told


def test_a_page_that_hangs_while_it_is_filled_in_was_not_sent(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, FORM.replace("<textarea", "<textarea onfocus='for(;;);'"))
    assert isinstance(told.delivery, NotSent | Blocked), told
    assert (told.hand_overs, told.posts) == (0, [])


def test_the_browser_is_replaced_where_a_page_took_it_down(customer: Customer, shop: Shop) -> None:
    assert isinstance(customer.writes(shop, FORM).delivery, Sent)

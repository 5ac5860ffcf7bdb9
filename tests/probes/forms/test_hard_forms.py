"""Forms in frames, behind presses, in steps, and the ways in which they end badly, with a real browser and a real server."""

import pytest

from probes.probe import Blocked, NotSent, Sent, Unclear
from storage.vocabulary import BlockedBy
from tests.probes.forms.customers import ADDRESS, BODY, Customer
from tests.probes.forms.shop import Shop, open_shop

pytestmark = pytest.mark.slow

FIELDS = """<label>Nom <input name=name></label><label>E-mail <input type=email name=mail></label>
<label>Message <textarea name=message></textarea></label>"""
FORM = f"<h2>Contactez-nous</h2><form method=post action=/post>{FIELDS}<button>Envoyer</button></form>"
SCRIPTED = f"""<form id=f>{FIELDS}<button id=b>Envoyer</button><p id=o></p></form><script>f.onsubmit=e=>{{e.preventDefault();{{}}}}</script>"""


def scripted(then: str) -> str:
    """Return a form whose script does *then* when it is sent, ``send`` being what posts it."""
    send = "const send=(to)=>fetch(to,{method:'POST',body:new FormData(f)});"
    return SCRIPTED.replace("{}", "").replace("e.preventDefault();", f"e.preventDefault();{send}{then}")


# Where it stands.


def test_a_form_in_a_frame_of_the_same_site_is_sent(customer: Customer, shop: Shop) -> None:
    told = customer.writes(
        shop, {"/": "<h1>Contact</h1><iframe src=/frame width=600 height=500></iframe>", "/frame": FORM}
    )
    assert isinstance(told.delivery, Sent), told
    assert told.fields["mail"] == ADDRESS


def test_a_form_in_a_frame_of_another_site_is_sent(customer: Customer, shop: Shop) -> None:
    with open_shop("127.0.0.2") as other:
        other.pages = {"/form": FORM}
        told = customer.writes(shop, f"<h1>Contact</h1><iframe src={other.base}/form width=600 height=500></iframe>")
        assert isinstance(told.delivery, Sent), told
        assert [post.fields["mail"] for post in other.posts] == [ADDRESS]


def test_a_form_behind_a_press_is_found(customer: Customer, shop: Shop) -> None:
    page = f"<button onclick='d.hidden=false' aria-expanded=false aria-controls=d>Nous écrire</button><div id=d hidden>{FORM}</div>"
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Sent), told


def test_a_form_in_a_dialog_is_found(customer: Customer, shop: Shop) -> None:
    page = f"<h1>Aide</h1><button onclick='d.showModal()' aria-haspopup=dialog>Contacter le service client</button><dialog id=d>{FORM}</dialog>"
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Sent), told


def test_a_consent_banner_is_refused_first(customer: Customer, shop: Shop) -> None:
    banner = """<div id=ck style='position:fixed;inset:0;background:#fff'><p>Nous utilisons des cookies pour mesurer l'audience.</p>
        <button onclick="ck.remove()">Tout refuser</button><button onclick="ck.remove();window.yes=1">Tout accepter</button></div>"""
    told = customer.writes(shop, FORM + banner)
    assert isinstance(told.delivery, Sent), told


def test_a_newsletter_beside_it_is_left_alone(customer: Customer, shop: Shop) -> None:
    news = "<form method=post action=/news><label>Newsletter<input name=mail type=email></label><button>S'abonner</button></form>"
    told = customer.writes(shop, news + FORM + news)
    assert isinstance(told.delivery, Sent), told
    assert told.posts[0].path == "/post"


def test_a_newsletter_that_looks_the_same_is_left_alone(customer: Customer, shop: Shop) -> None:
    news = "<form method=post action=/post><label>E-mail<input name=news type=email></label><button>S'abonner</button></form>"
    told = customer.writes(shop, news + FORM)
    assert isinstance(told.delivery, Sent), told
    assert "news" not in told.fields


# In steps.


def test_steps_that_a_script_shows_one_by_one_are_gone_through(customer: Customer, shop: Shop) -> None:
    page = """<h1>Contact</h1><form method=post action=/post id=f>
        <div class=s><label>Sujet<select name=topic><option value=''>Choisir<option>Presse<option>Livraison</select></label><button type=button onclick=go(1)>Suivant</button></div>
        <div class=s hidden><label>Message<textarea name=message></textarea></label><button type=button onclick=go(2)>Suivant</button></div>
        <div class=s hidden><label>Nom<input name=name></label><label>E-mail<input name=mail></label><button>Envoyer</button></div></form>
        <script>const s=f.querySelectorAll('.s');function go(n){s.forEach((e,i)=>e.hidden=i!=n)}</script>"""
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Sent), told
    assert told.fields == {
        "topic": "Livraison",
        "message": BODY.replace("\n", "\r\n"),
        "name": "Claire Martin",
        "mail": ADDRESS,
    }


def test_steps_that_are_pages_are_gone_through(customer: Customer, shop: Shop) -> None:
    first = "<h1>Contact</h1><form method=post action=/step2><label>Nom<input name=name></label><label>E-mail<input name=mail></label><button>Étape suivante</button></form>"
    second = "<h1>Contact</h1><form method=post action=/post><label>Message<textarea name=message></textarea></label><button>Envoyer</button></form>"
    told = customer.writes(shop, {"/": first, "/step2": second})
    assert isinstance(told.delivery, Sent), told
    assert [post.path for post in told.posts] == ["/step2", "/post"]


def test_one_question_at_a_time_is_answered(customer: Customer, shop: Shop) -> None:
    page = """<h1>Contactez-nous</h1><div id=q></div><script>
        const ask=[['name','Votre nom','input'],['mail','Votre e-mail','input'],['message','Votre message','textarea']],said={};let n=0;
        function show(){const[k,l,t]=ask[n],last=n==ask.length-1;q.innerHTML=`<label for=x>${l}</label><${t} id=x></${t}><button>${last?'Envoyer':'OK'}</button>`;
        q.querySelector('button').onclick=()=>{said[k]=x.value;if(!last){n++;show();return}
        fetch('/post',{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify(said)}).then(()=>{q.innerHTML='<h2>Merci !</h2><p>Votre réponse a bien été enregistrée.</p>'})}}
        show()</script>"""
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Sent), told
    assert told.fields == {"name": "Claire Martin", "mail": ADDRESS, "message": BODY}


def test_a_form_drawn_from_aria_alone_is_answered(customer: Customer, shop: Shop) -> None:
    page = """<h1>Contact</h1><form id=f><div role=listitem><div role=heading aria-level=3 id=h1>Votre nom *</div><input aria-labelledby=h1 id=n required></div>
        <div role=listitem><div role=heading id=h2>Votre e-mail</div><input type=email aria-labelledby=h2 id=e></div>
        <div role=listitem><div role=heading id=h3>Sujet</div><div role=radiogroup aria-labelledby=h3 aria-required=true id=g><div role=radio aria-checked=false data-value=Emploi tabindex=0>Emploi</div>
        <div role=radio aria-checked=false data-value=Livraison tabindex=0>Livraison</div></div></div>
        <div role=listitem><div role=heading id=h4>Message</div><textarea aria-labelledby=h4 id=m></textarea></div><div role=button tabindex=0 id=b>Envoyer</div></form>
        <script>g.querySelectorAll('[role=radio]').forEach(r=>r.onclick=()=>{g.querySelectorAll('[role=radio]').forEach(o=>o.setAttribute('aria-checked',o===r))});
        b.onclick=()=>fetch('/post',{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify({name:n.value,mail:e.value,message:m.value,topic:(g.querySelector('[aria-checked=true]')||{dataset:{}}).dataset.value})})
        .then(()=>document.body.innerHTML='<p>Votre réponse a été enregistrée.</p>')</script>"""
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Sent), told
    assert told.fields["topic"] == "Livraison"


# What the page says then.


def test_an_error_of_the_page_is_a_refusal_with_its_words(customer: Customer, shop: Shop) -> None:
    told = customer.writes(
        shop,
        scripted("o.setAttribute('role','alert');o.textContent='Le message est trop court : au moins 500 caractères.'"),
    )
    assert isinstance(told.delivery, Blocked), told
    assert told.delivery.by is BlockedBy.REJECTED
    assert "trop court" in told.delivery.why
    assert told.posts == []


def test_an_english_error_is_read_too(customer: Customer, shop: Shop) -> None:
    told = customer.writes(
        shop,
        scripted(
            "send('/json-error').then(()=>{o.textContent='Your message could not be sent. Please try again later.'})"
        ),
    )
    assert isinstance(told.delivery, Blocked), told
    assert len(told.posts) == 1


def test_a_page_that_comes_back_with_errors_is_a_refusal(customer: Customer, shop: Shop) -> None:
    page = (
        FORM.replace("/post", "/again")
        .replace("<textarea name=message>", "<textarea name=message>")
        .replace("<input name=name>", "<input name=name value=X>")
    )
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Blocked), told
    assert told.delivery.by is BlockedBy.REJECTED


def test_what_the_browser_itself_refuses_was_not_sent(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, FORM.replace("<input name=name>", "<input name=name pattern='[0-9]+'>"))
    assert isinstance(told.delivery, Blocked), told
    assert told.posts == []


def test_a_phone_number_that_is_refused_is_written_the_other_way_once(customer: Customer, shop: Shop) -> None:
    page = FORM.replace("/post", "/phone").replace(
        "<button>", "<label>Téléphone *<input name=phone type=tel></label><button>"
    )
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Sent), told
    assert [post.fields["phone"] for post in told.posts] == ["0639981234", "+33639981234"]
    assert told.hand_overs == 1


def test_a_field_that_turns_out_to_be_needed_is_given(customer: Customer, shop: Shop) -> None:
    page = scripted(
        "if(!t.value){t.setAttribute('aria-invalid','true');o.textContent='Le téléphone est obligatoire.';return}send('/post').then(()=>{f.outerHTML='<p>Message envoyé.</p>'})"
    )
    told = customer.writes(shop, page.replace("<button", "<label>Téléphone<input id=t name=phone></label><button"))
    assert isinstance(told.delivery, Sent), told
    assert told.fields["phone"] == "0639981234"


UNCLEAR = {
    "nothing happens": scripted(""),
    "the server breaks": FORM.replace("/post", "/500"),
    "a wheel that turns for ever": scripted("o.textContent='…';b.disabled=true;send('/slow')"),
    "the line is cut": scripted("send('/drop')"),
    "the line is cut and the browser shows its own page": FORM.replace("/post", "/drop"),
    "another page without a word": FORM.replace("/post", "/home"),
    "an answer without a word": FORM.replace("/post", "/silent"),
    "it says both": scripted(
        "send('/post').then(()=>{o.innerHTML='<span>Votre message a bien été envoyé.</span><br><span>Une erreur est survenue.</span>'})"
    ),
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_what_cannot_be_told_is_called_unclear(customer: Customer, shop: Shop, what: str) -> None:
    told = customer.writes(shop, {"/": UNCLEAR[what], "/other": "<h1>Nos vases</h1><p>Tournés à la main.</p>"})
    assert isinstance(told.delivery, Unclear), told
    assert told.hand_overs == 1
    assert len(told.posts) <= 1
    assert len(told.delivery.evidence) == 2


@pytest.mark.parametrize("status", ["403", "404", "422"])
def test_a_server_that_refuses_is_believed(customer: Customer, shop: Shop, status: str) -> None:
    told = customer.writes(shop, FORM.replace("/post", f"/{status}"))
    assert isinstance(told.delivery, Blocked), told
    assert told.delivery.by is BlockedBy.REJECTED
    assert len(told.posts) == 1


def test_a_form_that_would_send_twice_is_pressed_once(customer: Customer, shop: Shop) -> None:
    told = customer.writes(
        shop,
        scripted("setTimeout(()=>send('/post').then(()=>{o.textContent='Votre message a bien été envoyé.'}),600)"),
    )
    assert isinstance(told.delivery, Sent), told
    assert len(told.posts) == 1


def test_a_captcha_that_appears_after_the_press_is_left_to_a_person(customer: Customer, shop: Shop) -> None:
    page = scripted(
        "const i=document.createElement('iframe');i.src='/recaptcha/api2/bframe';i.width=400;i.height=500;document.body.append(i)"
    )
    told = customer.writes(shop, {"/": page, "/recaptcha/api2/bframe": "<p>Sélectionnez les feux</p>"})
    assert isinstance(told.delivery, Blocked), told
    assert told.delivery.by is BlockedBy.CAPTCHA


# What is in the way.


def test_a_page_that_goes_away_while_it_is_filled_in_was_not_sent(customer: Customer, shop: Shop) -> None:
    page = FORM.replace("<textarea", "<textarea onfocus=\"location.href='/other'\"")
    told = customer.writes(shop, {"/": page, "/other": "<h1>Nos vases</h1>"})
    assert isinstance(told.delivery, NotSent), told
    assert (told.hand_overs, told.posts) == (0, [])


def test_a_page_that_sends_by_itself_before_it_is_told_to_is_unclear(customer: Customer, shop: Shop) -> None:
    page = FORM.replace(
        "<button>",
        "<select name=s onchange=this.form.submit() aria-label=Sujet required><option value=''>Choisir<option>Livraison</select><button>",
    )
    told = customer.writes(shop, page.replace("/post", "/silent"))
    assert isinstance(told.delivery, Unclear), told


def test_a_field_that_does_not_keep_its_words_blocks(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, FORM.replace("<input name=name>", "<input name=name oninput=\"this.value=''\">"))
    assert isinstance(told.delivery, Blocked), told
    assert told.posts == []


def test_a_button_that_stays_off_blocks(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, FORM.replace("<button>", "<button disabled>"))
    assert isinstance(told.delivery, Blocked), told
    assert told.hand_overs == 0


def test_a_button_that_wakes_with_the_last_field_is_pressed(customer: Customer, shop: Shop) -> None:
    page = FORM.replace("<button>", "<button id=b disabled>").replace(
        "<form", "<form oninput='b.disabled=!(this.mail.value&&this.message.value)'"
    )
    assert isinstance(customer.writes(shop, page).delivery, Sent)


@pytest.mark.parametrize(
    ("page", "by"),
    [
        (
            "<h1>Espace client</h1><form method=post><input name=u><input type=password name=p><button>Se connecter</button></form>",
            BlockedBy.LOGIN,
        ),
        ("<h1>Nos vases</h1><form action=/s><input type=search name=q></form>", BlockedBy.NO_ADDRESS),
        (
            "<h1>Avis</h1><form method=post><input name=n placeholder=Nom><textarea name=t placeholder='Votre avis'></textarea><button>Publier mon avis</button></form>",
            BlockedBy.NO_ADDRESS,
        ),
    ],
)
def test_a_page_without_a_contact_form_is_no_address(customer: Customer, shop: Shop, page: str, by: BlockedBy) -> None:
    told = customer.writes(shop, page)
    assert isinstance(told.delivery, Blocked), told
    assert told.delivery.by is by


@pytest.mark.parametrize(
    ("path", "kind"), [("/status-404", Blocked), ("/status-401", Blocked), ("/status-503", NotSent)]
)
def test_a_page_that_does_not_come_is_not_written_to(customer: Customer, shop: Shop, path: str, kind: type) -> None:
    assert isinstance(customer.writes(shop, FORM, path=path).delivery, kind)


def test_robots_txt_is_obeyed_however_it_is_served(customer: Customer, shop: Shop) -> None:
    shop.robots = "User-agent: *\nDisallow: /contact\n"
    try:
        told = customer.writes(shop, {"/contact": FORM, "/": FORM}, path="/contact")
        assert isinstance(told.delivery, Blocked), told
        assert "robots.txt" in told.delivery.why
        closed = customer.writes(shop, FORM.replace("/post", "/contact/send"))
        assert isinstance(closed.delivery, Blocked), closed
        assert closed.posts == []
        assert isinstance(customer.writes(shop, FORM).delivery, Sent)
    finally:
        shop.robots = ""


def test_the_page_that_thanks_may_be_closed_to_robots(customer: Customer, shop: Shop) -> None:
    shop.robots = "User-agent: *\nDisallow: /merci\n"
    try:
        assert isinstance(customer.writes(shop, FORM.replace("/post", "/redirect")).delivery, Sent)
    finally:
        shop.robots = ""


# The check before the first use.


def test_the_check_finds_the_form_and_sends_nothing(customer: Customer, shop: Shop) -> None:
    shop.posts.clear()
    assert customer.checks(shop, FORM).good
    assert shop.posts == []


def test_the_check_says_what_is_wrong(customer: Customer, shop: Shop) -> None:
    assert customer.checks(shop, "<h1>Nos vases</h1>").why == "no contact form shows on the page"
    assert not customer.checks(shop, FORM, path="/status-404").good


def test_a_form_that_changed_since_it_was_checked_is_filled_in_as_it_stands(customer: Customer, shop: Shop) -> None:
    assert customer.checks(shop, FORM).good
    changed = FORM.replace("name=mail", "name=courriel").replace(
        "<button>", "<label>Prénom *<input name=first></label><button>"
    )
    told = customer.writes(shop, changed)
    assert isinstance(told.delivery, Sent), told
    assert (told.fields["courriel"], told.fields["first"], told.fields["name"]) == (ADDRESS, "Claire", "Martin")

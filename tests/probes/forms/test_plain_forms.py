"""Forms that a real browser fills in and a real server receives: the ways in which shops write them."""

import pytest

from probes.forms.fill import Particulars
from probes.probe import Blocked, Sent
from storage.vocabulary import BlockedBy
from tests.probes.forms.customers import ADDRESS, BODY, Customer
from tests.probes.forms.shop import Shop

pytestmark = pytest.mark.slow

PLAIN = """<h1>Contactez-nous</h1><form method=post action=/post>
<label>Nom <input name=name required></label><label>E-mail <input type=email name=mail required></label>
<label>Message <textarea name=message required></textarea></label>{more}<button>Envoyer</button></form>"""


def plain(more: str = "", action: str = "/post") -> str:
    return PLAIN.replace("{more}", more).replace("/post", action)


def test_a_plain_form_is_sent_with_who_where_and_what(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, plain())
    assert isinstance(told.delivery, Sent), told
    assert told.delivery.said == "Merci, votre message a bien été envoyé."
    assert told.hand_overs == 1
    assert told.fields["name"] == "Claire Martin"
    assert told.fields["mail"] == ADDRESS
    assert told.fields["message"].replace("\r", "") == BODY
    assert len(told.delivery.evidence) == 2
    assert all(customer.store.get(name).startswith(b"\x89PNG") for name in told.delivery.evidence)


def test_the_visitor_says_honestly_who_it_is(customer: Customer, shop: Shop) -> None:
    shop.agents.clear()
    customer.writes(shop, plain())
    assert shop.agents and all("barometer/0 (+https://barometer.example/about)" in agent for agent in shop.agents)


SENT = {
    "by fetch, with an inline success": """<form id=f><input name=name placeholder="Votre nom"><input name=mail placeholder="Votre e-mail">
        <textarea name=message placeholder="Votre message"></textarea><button>Envoyer</button><div id=o role=status></div></form>
        <script>f.onsubmit=async e=>{e.preventDefault();const r=await fetch('/json',{method:'POST',headers:{'Content-Type':'application/json'},
        body:JSON.stringify(Object.fromEntries(new FormData(f)))});if((await r.json()).success){f.reset();o.textContent='Merci ! Votre demande a bien été transmise.'}}</script>""",
    "a thank-you page after a redirect": plain(action="/redirect"),
    "thanked in English": plain(action="/english"),
    "by GET": plain(action="/get").replace("method=post", "method=get"),
    "in several parts": plain().replace("method=post", "method=post enctype=multipart/form-data"),
    "with the answer in a new window": plain().replace("method=post", "method=post target=_blank"),
    "markup of a WordPress plug-in with a response line": """<div class="cf-box"><form class="cf-form init" novalidate>
        <p><label> Votre nom<br><span class=cf-wrap data-name=your-name><input size=40 class="cf-text" aria-required=true name=your-name></span></label></p>
        <p><label> Votre e-mail<br><span class=cf-wrap><input size=40 aria-required=true type=email name=your-email></span></label></p>
        <p><label> Sujet<br><span class=cf-wrap><input name=your-subject></span></label></p>
        <p><label> Votre message<br><span class=cf-wrap><textarea name=message cols=40 rows=10></textarea></span></label></p>
        <p><input class=cf-submit type=submit value=Envoyer></p><div class=cf-output aria-hidden=true></div></form></div>
        <script>document.forms[0].onsubmit=e=>{e.preventDefault();fetch('/post',{method:'POST',body:new FormData(e.target)}).then(()=>{
        e.target.reset();document.querySelector('.cf-output').textContent='Merci pour votre message. Il a été envoyé.'})}</script>""",
    "names in parts under one legend": """<form method=post action=/post class=ffield-form><div class=row><fieldset><legend>Nom <span class=req>*</span></legend>
        <input id=a1 name="fields[0][first]" required><label for=a1>Prénom</label><input id=a2 name="fields[0][last]" required><label for=a2>Nom</label></fieldset></div>
        <label for=a3>E-mail <span>*</span></label><input id=a3 name="fields[1]" type=email required>
        <label for=a4>Commentaire ou message</label><textarea id=a4 name=message></textarea><button type=submit>Soumettre</button></form>""",
    "numbered fields of a form builder": """<div class=gf_wrap><form method=post action=/post id=gf_1><ul><li><label for=input_1_1>Nom<span class=gf_required>*</span></label><input id=input_1_1 name=input_1>
        </li><li><label for=input_1_2>Adresse e-mail<span>*</span></label><input id=input_1_2 name=input_2></li><li><label for=input_1_3>Votre question</label>
        <textarea id=input_1_3 name=message></textarea></li></ul><input type=submit value="Envoyer ma demande"><input type=hidden name=gf_state value=x></form></div>""",
    "a marketing tool's form": """<form class="hsx-form" onsubmit="event.preventDefault();fetch('/post',{method:'POST',body:new FormData(this)}).then(()=>this.outerHTML='<div class=submitted-message>Merci de nous avoir contactés.</div>')">
        <div class=hsx-field><label id=l1><span>Prénom</span><span class=hsx-required>*</span></label><div class=input><input name=firstname aria-labelledby=l1></div></div>
        <div class=hsx-field><label id=l2><span>Nom</span></label><input name=lastname aria-labelledby=l2></div>
        <div class=hsx-field><label id=l3><span>E-mail</span></label><input name=email type=email aria-labelledby=l3></div>
        <div class=hsx-field><label id=l4><span>Comment pouvons-nous vous aider ?</span></label><textarea name=message aria-labelledby=l4></textarea></div>
        <input type=submit class="hsx-button" value="Envoyer"></form>""",
    "floating labels that lie over their fields": """<style>.f{position:relative;margin:20px}.f label{position:absolute;left:4px;top:2px;width:100%}.f input,.f textarea{width:300px}</style>
        <form method=post action=/post><div class=f><input id=x1 name=name placeholder=" "><label for=x1>Nom</label></div><div class=f><input id=x2 name=mail type=email placeholder=" "><label for=x2>E-mail</label></div>
        <div class=f><textarea id=x3 name=message placeholder=" "></textarea><label for=x3>Message</label></div><button>Envoyer</button></form>""",
    "named by aria-labelledby": """<form method=post action=/post><div id=n1>Nom complet</div><input aria-labelledby=n1 name=a><div id=n2>Adresse e-mail</div><input aria-labelledby=n2 name=b>
        <div id=n3>Message</div><textarea aria-labelledby=n3 name=message></textarea><button>Envoyer</button></form>""",
    "laid out in a table": """<form method=post action=/post><table><tr><td>Nom :</td><td><input name=f1></td></tr><tr><td>E-mail :</td><td><input name=f2></td></tr>
        <tr><td>Votre message :</td><td><textarea name=message></textarea></td></tr><tr><td></td><td><input type=submit value=Valider></td></tr></table></form>""",
    "a form opened between the cells of a table": """<table><form method=post action=/post><tr><td>Nom <input name=f1></td></tr><tr><td>E-mail <input name=f2></td></tr>
        <tr><td>Message <textarea name=message></textarea></td></tr><tr><td><input type=submit value=Envoyer></td></tr></form></table>""",
    "a shop system's form, sent by its own page": plain(
        "<input type=hidden name=token value=1><input type=hidden name=from value=contact>"
    ).replace(
        "<button>Envoyer</button>",
        '<footer><input class="btn btn-primary" type=submit name=submitMessage value="Envoyer"></footer>',
    ),
    "no form element at all": """<div class=box><h2>Écrivez-nous</h2><input id=n placeholder="Nom"><input id=e placeholder="E-mail"><textarea id=m placeholder="Message"></textarea>
        <div role=button tabindex=0 id=go>Envoyer</div><p id=o aria-live=polite></p></div><script>go.onclick=()=>fetch('/post',{method:'POST',headers:{'Content-Type':'application/json'},
        body:JSON.stringify({name:n.value,mail:e.value,message:m.value})}).then(()=>{o.textContent='Message envoyé, merci.'})</script>""",
    "in an open shadow root": """<contact-box></contact-box><script>customElements.define('contact-box',class extends HTMLElement{connectedCallback(){const r=this.attachShadow({mode:'open'});
        r.innerHTML='<h2>Contact</h2><form><label>Nom<input name=name></label><label>E-mail<input name=mail type=email></label><label>Message<textarea name=message></textarea></label><button>Envoyer</button></form>';
        r.querySelector('form').onsubmit=e=>{e.preventDefault();fetch('/post',{method:'POST',body:new FormData(e.target)}).then(()=>{r.innerHTML='<p>Votre message a été envoyé.</p>'})}}})</script>""",
    "success told by alert()": """<form onsubmit="event.preventDefault();fetch('/post',{method:'POST',body:new FormData(this)}).then(()=>{alert('Votre message a bien été envoyé');this.reset()})">
        <input name=name placeholder=Nom><input name=mail placeholder=E-mail><textarea name=message placeholder=Message></textarea><button>Envoyer</button></form>""",
    "success told by the address alone": plain(action="/step2"),
}
SENT_PAGES = {
    "success told by the address alone": {
        "/step2": "<p>…</p><script>location.replace('/contact/message-envoye')</script>",
        "/contact/message-envoye": "<h1>Maison Exemple</h1>",
    }
}


@pytest.mark.parametrize("name", SENT)
def test_a_form_is_sent_once_with_our_words(customer: Customer, shop: Shop, name: str) -> None:
    told = customer.writes(shop, {"/": SENT[name], **SENT_PAGES.get(name, {})})
    assert isinstance(told.delivery, Sent), told
    assert told.hand_overs == 1
    values = list(told.fields.values())
    assert ADDRESS in values
    assert told.fields["message"].replace("\r", "") == BODY
    assert any("Claire" in value for value in values if value != told.fields["message"])
    if "fields[0][first]" in told.fields or "firstname" in told.fields:
        assert {"Claire", "Martin"} <= set(values)


TRAPS = {
    "display none": "<div style='display:none'><input name=trap></div>",
    "off the screen": "<div style='position:absolute;left:-9999px'><label>Téléphone 2<input name=trap></label></div>",
    "opacity nought": "<input name=trap style='opacity:0;position:absolute;top:0'>",
    "skipped by tab and screen readers": "<div aria-hidden=true><input name=trap tabindex=-1 autocomplete=off></div>",
    "no height": "<div style='height:0;overflow:hidden'><label>E-mail<input name=trap type=email required></label></div>",
    "clipped": "<input name=trap style='clip-path:inset(50%);position:absolute'>",
    "called website": "<label>Site web<input name=trap></label>",
    "said to be left empty": "<label>Ne pas remplir ce champ<input name=trap></label>",
    "hidden by a style sheet": "<style>.zz{visibility:hidden}</style><div class=zz><label>Nom<input name=trap></label></div>",
    "a box to tick that nobody sees": "<div style='position:absolute;left:-5000px'><label>J'accepte les conditions<input type=checkbox name=trap value=1></label></div>",
    "a second message box of no size": "<textarea name=trap style='width:0;height:0;border:0;padding:0;min-height:0'></textarea>",
}


@pytest.mark.parametrize("kind", TRAPS)
def test_a_trap_for_robots_stays_empty(customer: Customer, shop: Shop, kind: str) -> None:
    trap = TRAPS[kind].replace(" required", "")
    told = customer.writes(shop, plain(trap))
    assert isinstance(told.delivery, Sent), told
    assert told.fields.get("trap", "") == ""


ANSWERED = {
    "a menu of subjects takes the one that fits": (
        "<label>Objet<select name=x required><option value=''>Choisissez…<option>Presse<option>Recrutement<option>Livraison<option>Autre</select></label>",
        "Livraison",
    ),
    "nothing fits, so other": (
        "<label>Motif<select name=x required><option value=''>—<option>Recrutement<option>Partenariat<option>Autre demande</select></label>",
        "Autre demande",
    ),
    "subjects as radio buttons": (
        "<fieldset><legend>Votre demande concerne</legend><label><input type=radio name=x value=p>Presse</label><label><input type=radio name=x value=l>Une livraison</label></fieldset>",
        "l",
    ),
    "a consent that is needed is given": (
        "<label><input type=checkbox name=x value=yes required> J'accepte que mes données soient traitées pour répondre à ma demande</label>",
        "yes",
    ),
    "a drawn consent is given": (
        "<style>.c{position:absolute;opacity:0}</style><input type=checkbox class=c id=k name=x value=yes required><label for=k>J'accepte la <a href=/autre>politique de confidentialité</a></label>",
        "yes",
    ),
    "news that were ticked for us are refused": (
        "<label><input type=checkbox name=x value=yes checked> Je souhaite recevoir la newsletter</label>",
        None,
    ),
    "news are not asked for": (
        "<label><input type=checkbox name=x value=yes> Recevoir vos offres commerciales par e-mail</label>",
        None,
    ),
    "a copy is not asked for": (
        "<label><input type=checkbox name=x value=yes checked> M'envoyer une copie</label>",
        None,
    ),
    "a phone number that may be left out is": ("<label>Téléphone<input type=tel name=x></label>", ""),
    "a phone number that is needed is given": ("<label>Téléphone *<input type=tel name=x></label>", "0639981234"),
    "the number goes without its nought behind a prefix": (
        "<select name=prefix><option value=32>Belgique +32<option value=33>France +33<option value=41>Suisse +41</select><label>Téléphone<input type=tel name=x required></label>",
        "639981234",
    ),
    "no customer yet": (
        "<fieldset><legend>Êtes-vous déjà client ?</legend><label><input type=radio name=x value=o required>Oui</label><label><input type=radio name=x value=n>Non</label></fieldset>",
        "n",
    ),
    "a private person": (
        "<label>Vous êtes<select name=x required><option value=''>Choisir<option>Professionnel<option>Particulier</select></label>",
        "Particulier",
    ),
    "a company that is needed": ("<label>Société<input name=x required></label>", "particulier"),
    "a date that may be left out is": ("<label>Date d'achat<input type=date name=x></label>", ""),
    "an order number that may be left out is": ("<label>Numéro de commande (facultatif)<input name=x></label>", ""),
    "a country": (
        "<label>Pays<select name=x required><option>Belgique<option>Suisse<option>France<option>Luxembourg</select></label>",
        "France",
    ),
    "how we heard": (
        "<label>Comment nous avez-vous connus ?<select name=x required><option value=''>-<option>Bouche à oreille<option>Moteur de recherche</select></label>",
        "Moteur de recherche",
    ),
    "the address once more": ("<label>Confirmez votre e-mail<input type=email name=x required></label>", ADDRESS),
    "a subject of few characters": ("<label>Sujet<input name=x maxlength=12></label>", "Livraison en"),
    "a menu that is drawn": (
        "<div id=lbl>Sujet de votre demande</div><div role=combobox aria-haspopup=listbox aria-labelledby=lbl aria-controls=lb tabindex=0 id=cb>Choisissez</div><ul role=listbox id=lb hidden>"
        "<li role=option>Presse</li><li role=option>Suivi de livraison</li></ul><input type=hidden name=x id=hx><script>cb.onclick=()=>lb.hidden=!lb.hidden;"
        "lb.querySelectorAll('li').forEach(l=>l.onclick=()=>{cb.textContent=l.textContent;hx.value=l.textContent;lb.hidden=true})</script>",
        "Suivi de livraison",
    ),
    "a drawn menu over a hidden native one": (
        "<label for=nat>Motif</label><div><select id=nat name=x style='position:absolute;width:1px;height:1px;clip:rect(0 0 0 0)'><option value=''>…<option value=p>Presse<option value=d>Livraison</select>"
        "<span role=combobox aria-haspopup=listbox aria-expanded=false tabindex=0 id=dr aria-owns=dl style='display:inline-block;width:200px;height:20px'>…</span><ul role=listbox id=dl style='display:none'><li role=option>Presse<li role=option>Livraison</ul></div>"
        "<script>dr.onclick=()=>dl.style.display='block';dl.querySelectorAll('li').forEach((l,i)=>l.onclick=()=>{nat.selectedIndex=i+1;dr.textContent=l.textContent;dl.style.display='none'})</script>",
        "d",
    ),
    "a question that an answer brings": (
        "<label>Sujet<select name=s onchange=\"document.getElementById('q').hidden=this.value!='Livraison'\"><option value=''>Choisir<option>Livraison<option>Autre</select></label>"
        "<label id=q hidden>Pays de livraison<select name=x required><option value=''>-<option>France<option>Belgique<option>Suisse</select></label>",
        "France",
    ),
}


@pytest.mark.parametrize("question", ANSWERED)
def test_a_question_is_answered_as_we_truly_are(customer: Customer, shop: Shop, question: str) -> None:
    more, wanted = ANSWERED[question]
    told = customer.writes(shop, plain(more))
    assert isinstance(told.delivery, Sent), told
    assert told.fields.get("x") == wanted


def test_what_the_operator_configured_is_given_where_it_is_needed(customer: Customer, shop: Shop) -> None:
    own = Particulars("Mme", None, "3 rue des Essais", "60000", "Beauvais")
    more = """<fieldset><legend>Civilité *</legend><label><input type=radio name=c value=m>M.</label><label><input type=radio name=c value=f>Mme</label></fieldset>
        <label>Adresse *<input name=a></label><label>Code postal *<input name=p></label><label>Ville *<input name=v></label>"""
    told = customer.writes(shop, plain(more), particulars=own)
    assert isinstance(told.delivery, Sent), told
    assert [told.fields[name] for name in "capv"] == ["f", "3 rue des Essais", "60000", "Beauvais"]


BLOCKED = {
    "a checkbox captcha": (
        "<div class=g-recaptcha data-sitekey=x style='width:304px;height:78px'></div>",
        BlockedBy.CAPTCHA,
    ),
    "a captcha whose script did not come": ("<div class=h-captcha data-sitekey=x></div>", BlockedBy.CAPTCHA),
    "a turnstile": ("<div class=cf-turnstile data-sitekey=x></div>", BlockedBy.CAPTCHA),
    "a sum": ("<label>Combien font 3 + 4 ? <input name=s required></label>", BlockedBy.CAPTCHA),
    "a picture to copy": (
        "<img src=/captcha.png alt=captcha width=120 height=40><label>Recopiez le code<input name=c></label>",
        BlockedBy.CAPTCHA,
    ),
    "a box for people": (
        "<label><input type=checkbox name=r required> Je ne suis pas un robot</label>",
        BlockedBy.CAPTCHA,
    ),
    "a file that is needed": (
        "<label>Photo du produit *<input type=file name=f required></label>",
        BlockedBy.FILE_UPLOAD,
    ),
    "a password": ("<label>Mot de passe<input type=password name=p></label>", None),
    "an order number that is needed": (
        "<label>Numéro de commande *<input name=o required></label>",
        BlockedBy.NOT_UNDERSTOOD,
    ),
    "a date that is needed": (
        "<label>Date d'achat *<input type=date name=d required></label>",
        BlockedBy.NOT_UNDERSTOOD,
    ),
    "a town that is not configured": ("<label>Ville *<input name=v required></label>", BlockedBy.NOT_UNDERSTOOD),
    "news that cannot be refused": (
        "<label><input type=checkbox name=n required> J'accepte de recevoir la newsletter et les offres commerciales</label>",
        BlockedBy.NOT_UNDERSTOOD,
    ),
    "a question nobody knows": (
        "<label>Couleur de votre chat *<input name=z required></label>",
        BlockedBy.NOT_UNDERSTOOD,
    ),
}


@pytest.mark.parametrize("what", BLOCKED)
def test_what_only_a_person_can_do_is_left_to_one(customer: Customer, shop: Shop, what: str) -> None:
    more, by = BLOCKED[what]
    told = customer.writes(shop, plain(more))
    assert isinstance(told.delivery, Blocked), told
    assert by is None or told.delivery.by is by, told.delivery
    assert (told.hand_overs, told.posts) == (0, [])


def test_a_phone_number_that_is_needed_and_not_there_blocks(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, plain("<label>Téléphone *<input type=tel name=x required></label>"), phone=None)
    assert isinstance(told.delivery, Blocked)
    assert told.delivery.by is BlockedBy.NOT_UNDERSTOOD


def test_a_message_box_that_is_too_small_blocks_rather_than_cut_our_words(customer: Customer, shop: Shop) -> None:
    told = customer.writes(shop, PLAIN.replace("{more}", "").replace("<textarea", "<textarea maxlength=20"))
    assert isinstance(told.delivery, Blocked)
    assert told.posts == []

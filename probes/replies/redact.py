"""Staff stay unnamed: names, e-mail addresses and phone numbers taken out of what is stored and printed of a reply.

The raw evidence keeps them until it is purged. Rather a word too many is taken out than a name left in.
"""

import re

from probes.replies.message import Message
from probes.replies.phrases import fold_words
from probes.replies.text import closes

NAME, EMAIL, PHONE = "[name]", "[e-mail]", "[phone]"
MAX_TEXT = 100_000
"""Characters of a text that are redacted; what is beyond is cut off (*ours*)."""

_EMAIL = re.compile(r"(?<![\w.+-])(?:mailto:)?[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])", re.I)
_PHONE = re.compile(r"(?<![\w.,/#-])(?:\+|00)?\(?\d(?:[ .\u00a0\u202f()/-]{0,3}\d){7,14}(?![\w/-])")
_DATE = re.compile(
    r"(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:\d{4}|\d{2})(?![./-]?\d)|(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)"
)
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w’'À-ÖØ-öø-ÿ.-]{0,30}"
_NAMES = rf"{_CAPITALISED}(?: (?:de |du |van |von |der |di |da |la |le )?{_CAPITALISED}){{0,2}}"
_INTRODUCED = re.compile(
    r"(?<!\w)((?i:je suis|je m['’]appelle|mon nom est|ici|c['’]est|votre conseill(?:er|ère)|traité par|signé|"
    r"my name is|i am|i['’]m|this is|your agent|handled by|mein name ist|ich bin|ich hei(?:ß|ss)e|ihr ansprechpartner|"
    r"bearbeitet von|me llamo|mi nombre es|soy|le atiende|mi chiamo|il mio nome è|sono|mijn naam is|ik ben|ik heet) )"
    rf"({_NAMES})"
)
_TITLED = re.compile(
    rf"(?<!\w)((?:M\.|MM\.|Mme|Mlle|Monsieur|Madame|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Herrn?|Frau|Sr\.?|Sra\.?|Don|Doña|Sig\.?|Sig\.ra|"
    rf"Signora?|Dhr\.?|Mevr\.?|Mevrouw|Meneer) )({_NAMES})"
)
_SPEAKS = re.compile(
    rf"(?m)^({_NAMES})(?= (?:\([^()\n]{{1,60}}\)|commented|replied|wrote|added|answered|a (?:répondu|écrit|ajouté|commenté)|"
    r"hat |ha (?:risposto|scritto|respondido|escrito|contestado)|heeft |schrieb|schreef))"
)
_OFFICES = frozenset(
    "service services client clients clientele customer care support team equipe sav contact info hello help desk helpdesk sales"
    " vente ventes boutique shop store magasin maison societe company the le la les der die das il lo de du des no reply noreply"
    " bonjour accueil commande commandes order orders commercial conseil kundenservice kundendienst atencion al cliente servizio"
    " clienti klantenservice team direction bureau office mail webmaster admin postmaster sarl sas sa gmbh ltd srl bv and et und"
    " monsieur madame thanks merci cordialement your ihr votre notre our von vom van avec with mit con met a l d sur".split()
)
"""Words of a name or a local part that name an office and no person (*ours*)."""
_MAX_SIGNATURE = 5


def redacted(text: str, message: Message) -> str:
    """Return *text*, a part of *message*, with names, e-mail addresses and phone numbers replaced by marks.

    Names are those that the mail shows as its writer's, that its writer gives ("je suis ...", "Frau ..."), and that stand
    under a closing formula.
    """
    text = _signature_redacted(text[:MAX_TEXT])
    text = _EMAIL.sub(EMAIL, text)
    text = _PHONE.sub(_phone, text)
    text = _INTRODUCED.sub(lambda found: found[1] + _name(found[2]), text)
    text = _TITLED.sub(lambda found: found[1] + NAME, text)
    text = _SPEAKS.sub(lambda found: _name(found[1]), text)
    for name in _writers_names(message):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, text, flags=re.I)
    return re.sub(r"\[name\](?:[ -]\[name\])+", NAME, text)


def _phone(found: re.Match[str]) -> str:
    digits = sum(map(str.isdigit, found[0]))
    dates = _DATE.search(found[0])
    begins = found[0].lstrip("(")[:1] in "+0"
    return PHONE if digits >= 9 and begins and not dates else found[0]


def _name(words: str) -> str:
    return words if all(word in _OFFICES for word in fold_words(words)) else NAME


def _writers_names(message: Message) -> list[str]:
    """Return the names that the headers give the writer, longest first: whole, and each word that names no office."""
    found: set[str] = set()
    for sender in (*message.senders[:5], *message.reply_to[:5]):
        shown = re.split(r"[|,;/()<>\"]| - | – | via | chez | from | at | de chez ", sender.name)[0].strip()
        words = [word for word in re.findall(r"[\w’'-]+", shown) if len(word) > 1 and not word.isdigit()]
        if 1 < len(words) <= 4 and not _names_office(shown):
            found.update(words)
        local = [word for word in re.split(r"[._-]", sender.local_part) if len(word) > 2 and word.isalpha()]
        if len(local) == 2 and not _names_office(" ".join(local)):
            found.update(local)
    return sorted((name for name in found if name.casefold() not in _OFFICES), key=len, reverse=True)[:40]


def _names_office(words: str) -> bool:
    return any(word in _OFFICES for word in fold_words(words))


def _signature_redacted(text: str) -> str:
    """Return *text* with the names under, or behind, a closing formula taken out."""
    lines = text.split("\n")
    under = 0
    for number, line in enumerate(lines):
        if closes(line):
            under = _MAX_SIGNATURE
            head, comma, name = line.partition(",")
            if comma and name.strip() and not _names_office(name):
                lines[number] = f"{head}, {NAME}"
        elif under and line.strip():
            under -= 1
            if re.fullmatch(rf"\W{{0,4}}{_NAMES}\W{{0,3}}", line.strip()) and not _names_office(line):
                lines[number] = NAME
    return "\n".join(lines)

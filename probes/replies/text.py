"""The new words of a reply, alone: without what it quotes, without its signature.

What mail programs quote is found by mail-parser-reply, which knows their wording in six languages. Its expressions are
cubic in the length of a line that keeps beginning a quotation, so it is given short lines, few of them, and few that could
begin one; answers written between quoted lines, signatures without a mark and HTML are ours.
"""

import re

from mailparser_reply.parser import EmailMessage  # type: ignore[import-untyped]

from probes.replies.markup import text_of_html
from probes.replies.message import Message
from probes.replies.phrases import hits, sentences_of
from spiders.detect.lexicon import fold

LANGUAGES = ("en", "fr", "de", "es", "it", "nl")
MAX_LINES, MAX_LINE, MAX_TEXT = 600, 1_000, 20_000
"""Lines, characters of a line and of a text that new words are sought in (*ours*)."""
MAX_SIGNATURE, MAX_SIGNATURE_LINE = 14, 90
"""Lines under a closing formula that may be a signature, and their length (*ours*)."""
_MAX_TRIGGERS, _MAX_TRIGGER_LINE = 25, 250
"""Lines that could begin a quotation, and the length of one that the library is shown (*ours*)."""

_TRIGGER = re.compile(r"^[> ]*(?:On|Am|Le|El|Il|Op|Den|Em|Dne|W dniu|Dnia|Em|Da|Van|Von|De|From|Do)\b", re.I)
_BEGINS_INTRO = re.compile(rf"{_TRIGGER.pattern}|^\W{{0,3}}\d", re.I)
_VERB = (
    r"(?:wrote|schrieb|a écrit|ecrit|escribió|escribio|ha scritto|scrisse|schreef|geschreven|escreveu|skrev|napisał|"
    r"написал|пишет|kirjoitti)"
)
_INTRO = re.compile(
    rf"^\W{{0,5}}[^\n]{{5,300}}\b{_VERB}\b[^\n]{{0,120}}[:：]\s*$|^[^\n]{{5,300}}написал\(?а?\)?\s?:\s*$", re.I
)
_INTRO_END = re.compile(rf"(?:{_VERB}|написал\(а\))[^:：\n]{{0,120}}[:：]\s*$", re.I)
_SEPARATOR = re.compile(r"^\s*(?:[-_=*]{2,}\s?[^\W\d_][\w '’àâçéèêëîïôûüäöß]{3,60}\s?[-_=*]{2,}|[_=]{20,}|-{20,})\s*$")
_HEADER_LINE = re.compile(
    r"^[\s>*]*(?:from|to|sent|date|subject|cc|de|à|a|pour|envoyé|envoye|objet|date|von|an|gesendet|betreff|datum|para|enviado|"
    r"enviado el|asunto|fecha|da|inviato|oggetto|data|van|aan|verzonden|onderwerp|от|кому|отправлено|тема|дата)\s?:\*?\s?\S?",
    re.I,
)
_TO_ALONE = re.compile(r"^\s*(?:to|à|a|an|para|aan|pour)\s*:?\s*$", re.I)
_SUBJECT_ALONE = re.compile(r"^\s*(?:subject|objet|betreff|asunto|oggetto|onderwerp)\s*:?\s*$", re.I)
_SIGNATURE_MARK = re.compile(r"^\s*(?:--+|__+|—)\s*$")
_SENT_FROM = re.compile(
    r"^\s*(?:sent (?:from|with|via) (?:my|the|a |mobile|outlook|mail|yahoo|sparrow|proton|samsung|gmail|iphone|ipad|android)|"
    r"get outlook for|envoy[ée] (?:de|depuis|avec|à partir)|télécharg\w+ outlook|"
    r"von meinem \w+ gesendet|gesendet (?:von|mit|aus)|enviado (?:desde|de|con)|obtener outlook|inviato (?:da|dal|con)|"
    r"ottieni outlook|verzonden (?:vanaf|met|vanuit|via)|verstuurd (?:vanaf|met)|download outlook)\b[^,.!?]{0,50}$",
    re.I,
)
_DASHED_NAME = re.compile(r"^\s*[-–—~]\s?[^\W\d_][^\W\d_.'’-]*(?: [^\W\d_][^\W\d_.'’-]*){0,3}\s*$")


def new_words(message: Message) -> str:
    """Return what the writer of *message* wrote anew: greeting kept, quotes and signature left out, white space trimmed.

    Where a mail holds nothing but quotation, or a signature alone, the result is what is left of the text without quotes;
    it is empty only where nothing was written.
    """
    shown = text_of_html(message.html, own_words=True) if message.is_html else message.text
    names = tuple(sender.name for sender in message.senders if sender.name)
    return unquoted(shown, names) or unquoted(message.text, names)


def unquoted(text: str, names: tuple[str, ...] = ()) -> str:
    """Return the new words of a plain *text* whose writer may sign with one of *names*; see :func:`new_words`."""
    lines = _bounded(text)
    lines = _before_header_block(_without_marked_quotes(lines))
    answer = _by_library(lines)
    return _without_signature(answer, names) or _joined(answer)


def _bounded(text: str) -> list[str]:
    lines: list[str] = []
    for line in text[:MAX_TEXT].replace("\u00a0", " ").split("\n")[: MAX_TEXT // 4]:
        trimmed = line.rstrip()[:MAX_LINE]
        if trimmed or (lines and lines[-1]):
            lines.append(trimmed)
    return lines[:MAX_LINES]


def _without_marked_quotes(lines: list[str]) -> list[str]:
    """Return *lines* without those that begin with ">", nor the line or two that introduce them."""
    kept: list[str] = []
    for line in lines:
        if line.lstrip().startswith(">"):
            _drop_introduction(kept)
        else:
            kept.append(line)
    return kept


def _drop_introduction(kept: list[str]) -> None:
    """Take from *kept* the one to three lines at its end that say who wrote what is quoted next."""
    while kept and not kept[-1]:
        kept.pop()
    if not kept or not _INTRO_END.search(" ".join(kept[-2:])[-500:]):
        return
    length = next((n for n in (1, 2, 3) if len(kept) >= n and _BEGINS_INTRO.match(kept[-n])), 1)
    del kept[-length:]


def _begins_quotation(line: str) -> bool:
    return bool(_TRIGGER.match(line)) or any(sign.isdigit() for sign in line) or "@" in line


def _before_header_block(lines: list[str]) -> list[str]:
    """Return the lines before a block of headers, a separator or an introduction that quotes all that follows.

    A separator or an introduction at the very top quotes nothing that we could leave out.
    """
    written = False
    for number, line in enumerate(lines):
        if written and (
            (_SEPARATOR.match(line) and _is_separator(line, lines[number + 1 :])) or _begins_block(lines, number)
        ):
            return lines[:number]
        if written and any(
            _INTRO_END.search(joined) and _INTRO.match(joined) and _begins_quotation(joined)
            for joined in (" ".join(lines[number : number + length])[:500] for length in (1, 2))
            if line and _INTRO_END.search(joined)
        ):
            return lines[:number]
        if written and _TO_ALONE.match(line) and any(map(_SUBJECT_ALONE.match, lines[number : number + 10])):
            return lines[: _first_address(lines, number)]
        written = written or bool(line.strip())
    return lines


def _first_address(lines: list[str], number: int) -> int:
    """Return where a block of headers begins whose names stand on lines of their own (Lotus Notes)."""
    with_address = [at for at in range(max(1, number - 10), number) if "@" in lines[at]]
    return min(with_address, default=number)


def _is_separator(line: str, following: list[str]) -> bool:
    """Tell a mail program's separator from a line that a person drew: words stand in it, or headers or a footer follow."""
    return (
        any(sign.isalpha() for sign in line) or line.lstrip().startswith("_") or _begins_block([*following[:3], ""], 0)
    )


def _begins_block(lines: list[str], number: int) -> bool:
    """Tell whether two headers or more stand from line *number* on, one of them with an address or a date."""
    block = lines[number : number + 6]
    if not block or not _HEADER_LINE.match(block[0]):
        return False
    headers = [line for line in block if _HEADER_LINE.match(line)]
    return len(headers) >= 3 or (len(headers) == 2 and any("@" in line for line in headers))


def _by_library(lines: list[str]) -> list[str]:
    """Return the lines of the newest reply, as mail-parser-reply tells it, of what it can be given safely."""
    shown = []
    triggers = 0
    for number, line in enumerate(lines):
        if _TRIGGER.match(line):
            triggers += 1
            if triggers > _MAX_TRIGGERS or len(line) > _MAX_TRIGGER_LINE:
                return lines
        shown.append(line if len(line) <= _MAX_TRIGGER_LINE else f"\ue000{number}\ue001")
    read = EmailMessage(text="\n".join(shown), languages=list(LANGUAGES), keep_hyphen_lists=True).read()
    for reply in read.replies:
        body = (reply.content or "").strip("\n")
        if body.strip():
            return [_restored(line, lines) for line in body.split("\n")]
    return lines


def _restored(line: str, lines: list[str]) -> str:
    if line.startswith("\ue000") and line.endswith("\ue001") and line[1:-1].isdigit() and int(line[1:-1]) < len(lines):
        return lines[int(line[1:-1])]
    return line


def _without_signature(lines: list[str], names: tuple[str, ...]) -> str:
    """Return the text before a signature.

    That is its mark, "sent from my ...", a closing formula that only short lines follow, or the writer's name alone.
    """
    own = {fold(name) for name in names} | {fold(name).split()[0] for name in names if name.strip()}
    end = len(lines)
    for number, line in enumerate(lines):
        if _SIGNATURE_MARK.match(line) and any(lines[:number]):
            end = number
            break
    while end and _signs(lines[end - 1], own):
        end -= 1
    kept = lines[:end]
    closing = _closing_line(kept)
    return _joined(kept[:closing]) if any(kept[:closing]) else _joined(kept)


def _signs(line: str, own: set[str]) -> bool:
    bare = line.strip()
    return not bare or bool(_SENT_FROM.match(line) or _DASHED_NAME.match(line)) or fold(bare.strip(",.")) in own


def _closing_line(lines: list[str]) -> int:
    """Return the number of the line that closes the letter; the number of lines where none does."""
    first = max(0, len(lines) - MAX_SIGNATURE)
    for number in range(len(lines) - 1, first - 1, -1):
        if len(lines[number].strip()) > MAX_SIGNATURE_LINE:
            break
    else:
        number = first - 1
    for candidate in range(max(number + 1, 1), len(lines)):
        if closes(lines[candidate]):
            return candidate
    return len(lines)


def closes(line: str) -> bool:
    """Tell whether *line* is a closing formula, alone or with a name behind it."""
    sentences = sentences_of(line)
    if len(sentences) != 1 or len(line) > 60:
        return False
    words = sentences[0].words
    formulas = [hit.words for hit in hits(sentences) if hit.tag == "closing" and words.startswith(hit.words + " ")]
    if not formulas:
        return False
    rest = words.removeprefix(max(formulas, key=len)).split()
    return not rest or (len(rest) <= 4 and "," in line and not line.rstrip().endswith(("?", ":")))


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()

"""The words of a script: strings, names, numbers and signs, as far as address cloaks need them told apart."""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//\s*(?:<!--|-->|<!\[CDATA\[|\]\]>)|//[^\n]*|<!--|-->)"""
    r"""|(?P<string>'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`)"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>0x[0-9a-fA-F]{1,8}|[0-9]{1,9}(?:\.[0-9]{1,9})?)"""
    r"""|(?P<sign>=>|\+=|[=!]==?|\+\+|[^\s])"""
)
_REGEX = re.compile(r"/((?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,100}\]){1,100})/([a-z]{0,6})")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))")
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "", "v": "", "\n": ""}


class Token(NamedTuple):
    """One word of a script; ``kind`` is ``string``, ``name``, ``number``, ``sign``, ``regex`` or ``end``."""

    kind: str
    text: str


END = Token("end", "")
"""What stands past either end of a script."""


def tokens_of(code: str) -> list[Token]:
    """Return the tokens of *code* up to the first thing left unclosed: reading on from there would be guessing."""
    tokens: list[Token] = []
    position = 0
    while position < len(code):
        if code.startswith("/*", position):
            position = code.find("*/", position + 2) + 2
            if position < 2:
                break
            continue
        if code[position] == "/" and code[position + 1 : position + 2] != "/" and _wants_value(tokens):
            regex = _REGEX.match(code, position)
            if regex is not None:
                tokens.append(Token("regex", regex.group(1)))
                position = regex.end()
                continue
        match = _TOKEN.match(code, position)
        if match is None or match.lastgroup is None or match.group() in ("'", '"', "`"):
            break
        if match.lastgroup != "skip":
            text = _unescaped(match.group()[1:-1]) if match.lastgroup == "string" else match.group()
            tokens.append(Token(match.lastgroup, text))
        position = match.end()
    return tokens


def _wants_value(tokens: list[Token]) -> bool:
    return not tokens or (tokens[-1].kind == "sign" and tokens[-1].text not in (")", "]", "}"))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_unescape_one, text) if "\\" in text else text


def _unescape_one(match: re.Match[str]) -> str:
    byte, code_point, octal, plain = match.groups()
    if plain is not None:
        return _PLAIN_ESCAPES.get(plain, plain)
    return chr(int(octal, 8)) if octal else chr(int(byte or code_point, 16))

"""Switch off one rule of the project for a while: what a market names as ``rule``, as its ``off`` says.

The forms of a rule and of its switch stand in ``tests/markets/README.md``.
"""

import pkgutil
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.resources import files
from inspect import isfunction
from types import ModuleType
from typing import Any, NamedTuple

from spiders.detect.lexicon import fold

PACKAGES = ("barometer", "spiders", "storage", "tests")
NONE, ARGUMENT, NEVER, OWN = "none", "argument", "never", "self."
"""The words among switches: ``None``, the first argument, a pattern without a match, an attribute of the object."""
NOTHING = "(?!)"
WORDS = "spiders.detect.lexicon:words"
_RULE = re.compile(r"([a-z_.0-9]+):([A-Za-z_]\w*)(?:\.(\w+))?(?:\[([\w.]+)\])?")
_UNWRITTEN = "motquaucunepagenecrit"
"""The only word of a list that is switched off."""


class RuleGoneError(LookupError):
    """What a market names as its rule is not in the code (any more)."""


class _Rule(NamedTuple):
    """Where a rule is: attribute ``name`` of ``owner``; ``called`` are the arguments of the calls that are meant."""

    text: str
    owner: ModuleType | type
    name: str
    original: Any
    called: tuple[str, ...] | None

    @property
    def value(self) -> Any:
        """What the name stands for, without the wrapping of a property or a static method."""
        return getattr(self.original, "__func__", self.original)

    @property
    def is_borrowed(self) -> bool:
        """Whether the module has the name from a library: then it is this module's use of it that is the rule."""
        return (getattr(self.value, "__module__", None) or "").partition(".")[0] not in ("", *PACKAGES)

    @property
    def is_function(self) -> bool:
        return callable(self.value) and not isinstance(self.value, type)


def switches_of(truth: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return the rules that the truth about a market names, each with its switch.

    Raises ``ValueError`` where there are not as many switches as rules.
    """
    rule, off = truth["rule"], truth["off"]
    return list(zip(rule, off, strict=True)) if isinstance(rule, list) else [(rule, off)]


@contextmanager
def switched_off(switches: Iterable[tuple[str, object]]) -> Iterator[None]:
    """Run a block with every rule switched off as its switch says, in every module of the project that holds it.

    All is restored afterwards. Raises :class:`RuleGoneError` where the code has no such rule, ``ValueError`` where a
    switch does not fit its rule.
    """
    weakened = [(found, _weakened(found, off)) for found, off in ((find(rule), off) for rule, off in switches)]
    places = [(owner, name, found.original, weak) for found, weak in weakened for owner, name in _places(found)]
    _forget()
    try:
        for owner, name, _, weak in places:
            setattr(owner, name, weak)
        yield
    finally:
        for owner, name, original, _ in places:
            setattr(owner, name, original)
        _forget()


def find(rule: str) -> _Rule:
    """Return where *rule* is; raises :class:`RuleGoneError` where it is nowhere, ``ValueError`` where it names none."""
    parts = _RULE.fullmatch(rule)
    if parts is None:
        raise ValueError(f"{rule!r} is not of the form module:name, module:Class.method or module:function[arguments]")
    _load_all()
    module, name, method, called = parts.groups()
    gone = RuleGoneError(f"rule {rule} no longer exists: name what protects from the trap now")
    try:
        owner: ModuleType | type = import_module(module)
        if method is not None:
            owner, name = getattr(owner, name), method
        found = _Rule(rule, owner, name, vars(owner)[name], tuple(called.split(".")) if called else None)
    except (ImportError, AttributeError, KeyError, TypeError):
        raise gone from None
    if rule.startswith(f"{WORDS}["):
        _check_words(found, gone)
    return found


def _check_words(found: _Rule, gone: RuleGoneError) -> None:
    try:
        kept = _own_words(found)
    except LookupError:
        raise gone from None
    if kept == found.value(*_topic_and_key(found)):
        raise gone


def _weakened(found: _Rule, off: object) -> Any:
    """Return what stands for the rule while it is off."""
    if found.text.startswith(f"{WORDS}["):
        return _without_words(found, off)
    if isinstance(found.owner, type) and not found.is_function:
        return property(lambda _: None if off == NONE else off)
    if found.is_function:
        is_method = isinstance(found.owner, type) and not isinstance(found.original, staticmethod)
        function = _answering(found.value, found.called, off, skipped=int(is_method))
        return staticmethod(function) if isinstance(found.original, staticmethod) else function
    if isinstance(found.original, re.Pattern) and isinstance(off, str):
        pattern = NOTHING if off == NEVER else off
        return re.compile(pattern if isinstance(found.original.pattern, str) else pattern.encode())
    if isinstance(found.original, frozenset | tuple | list) and isinstance(off, list):
        return type(found.original)(map(_member, off))
    if isinstance(found.original, type(off)):
        return off
    raise ValueError(f"{off!r} does not switch off {found.text}, which is {type(found.original).__name__}")


def _member(told: object) -> object:
    return tuple(map(_member, told)) if isinstance(told, list) else None if told == NONE else told


def _answering(
    function: Callable[..., Any], called: tuple[str, ...] | None, off: object, skipped: int
) -> Callable[..., Any]:
    """Return a function that gives *off* to all calls, or to those with the arguments *called*."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        if called is not None and tuple(map(str, args)) != called:
            return function(*args, **kwargs)
        if off == ARGUMENT:
            return args[skipped]
        if isinstance(off, str) and off.startswith(OWN):
            return getattr(args[0], off.removeprefix(OWN))
        return None if off == NONE else list(off) if isinstance(off, list) else off

    return answer


def _without_words(found: _Rule, off: object) -> Callable[[str, str], tuple[str, ...]]:
    if off != []:
        raise ValueError(f"{off!r} does not switch off a list of words: write []")
    left = _own_words(found)
    return lambda topic, key: left if (topic, key) == _topic_and_key(found) else found.value(topic, key)


def _topic_and_key(found: _Rule) -> tuple[str, str]:
    *_, topic, key = found.called or ("", "")
    return topic, key


def _own_words(found: _Rule) -> tuple[str, ...]:
    """Return what is left of a list: nothing that any page holds, or what other languages have in theirs too."""
    topic, key = _topic_and_key(found)
    every: tuple[str, ...] = found.value(topic, key)
    if len(found.called or ()) < 3:
        return (_UNWRITTEN,)
    language = (found.called or ("",))[0]
    lists = {
        folder.name: {fold(word) for word in tomllib.loads((folder / f"{topic}.toml").read_text("utf-8")).get(key, [])}
        for folder in files("spiders.detect.lexicon").iterdir()
        if (folder / f"{topic}.toml").is_file()
    }
    own = lists.pop(language, set()) - {word for others in lists.values() for word in others}
    return tuple(word for word in every if word not in own) or (_UNWRITTEN,)


def _places(found: _Rule) -> Iterator[tuple[ModuleType | type, str]]:
    """Yield every module that holds the rule, a constant under its own name only: others may have the same value."""
    yield found.owner, found.name
    if isinstance(found.owner, type) or found.is_borrowed:
        return
    for module in _modules():
        for name, value in list(vars(module).items()):
            if value is found.original and module is not found.owner and (found.is_function or name == found.name):
                yield module, name


def _forget() -> None:
    """Clear every cache of the project: what was computed with a rule does not hold without it."""
    for module in _modules():
        for value in list(vars(module).values()):
            if isinstance(value, type):
                for method in vars(value).values():
                    getattr(method, "cache_clear", _nothing)()
            elif not isfunction(value):
                getattr(value, "cache_clear", _nothing)()


def _nothing() -> None: ...


def _modules() -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in PACKAGES and module is not None
    ]


def _load_all() -> None:
    """Import all of ``spiders``: a module imported while a rule is off would keep it off."""
    import spiders

    for module in pkgutil.walk_packages(spiders.__path__, "spiders."):
        import_module(module.name)

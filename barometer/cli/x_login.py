"""``barometer probe x-login``: a person authorises the program for the operator's account on X."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from rich.text import Text

from barometer.cli.console import printable, stderr
from barometer.cli.probe_options import said
from barometer.cli.root import current_settings
from barometer.errors import UserError
from barometer.settings import FILE_NAME, Settings

if TYPE_CHECKING:
    from probes.x.authorising import Asked

REDIRECT = "http://127.0.0.1:8765/x"
"""Where the browser is sent back to unless told otherwise (*ours*); nothing listens there."""
AGAIN = "run the command again: each link is good once, and for minutes"


def x_login(
    redirect: Annotated[
        str,
        typer.Option("--redirect", metavar="URL", help="The callback address of your app, as it is registered with X."),
    ] = REDIRECT,
) -> None:
    """Authorise the program for the account on X, once; from then on it renews its tokens by itself.

    Prints a link. Open it in a browser where the account is logged in, and agree. The browser then shows a page that it
    cannot load: copy its address and paste it here. The tokens go into x.token_file, which nobody else can read. What is
    asked for is to read, and to post or send messages only where x.may_post and x.may_dm say so.

    Example: [bold]barometer probe x-login[/bold]
    """
    from probes.http import BadSecret, InsecureAddress
    from probes.x.authorising import LONGEST_ADDRESS, NotAnAnswer, asking, code_in
    from probes.x.login import NotGranted
    from probes.x.token_file import TokenFileError

    settings = current_settings()
    if settings.x.client_id is None:
        raise UserError("x.client_id is missing", f"register an app with X, and write its client ID in {FILE_NAME}")
    try:
        asked = asking(settings.x.client_id, redirect, _scopes(settings))
    except ValueError as error:
        raise UserError(f"--redirect: '{redirect[:80]}' {error}", f"write it like {REDIRECT}") from None
    said(asked.link)
    stderr.print("open this link, agree, and paste the address that the browser ends at:")
    pasted = pasted_line(LONGEST_ADDRESS + 1)
    if not pasted.strip():
        raise UserError("nothing was pasted", AGAIN)
    try:
        user_id = asyncio.run(_kept(settings, asked, code_in(pasted, asked)))
    except (NotAnAnswer, NotGranted) as error:
        raise UserError(str(error), AGAIN) from None
    except (TokenFileError, InsecureAddress, BadSecret) as error:
        raise UserError(str(error), f"mend [x] in {FILE_NAME}, and run the command again") from None
    _tell(settings, user_id)


def pasted_line(longest: int) -> str:
    """Return the line that a person pastes, cut off after *longest* characters; empty at the end of input."""
    return sys.stdin.readline(longest)


def _scopes(settings: Settings) -> list[str]:
    from probes.x.authorising import MESSAGING, POSTING, READING

    return [*READING, *(POSTING if settings.x.may_post else ()), *(MESSAGING if settings.x.may_dm else ())]


async def _kept(settings: Settings, asked: "Asked", code: SecretStr) -> str:
    """Keep the tokens for *code*, and return the ID of their account, empty where X does not say.

    Tokens of another account than the settings name are not kept. The code is good once: first see that there is a place
    for what it brings.
    """
    from probes.http import Api
    from probes.x.login import App, account_of, first_tokens
    from probes.x.token_file import TokenFile

    account = settings.x
    _make_folder(account.token_file.parent)
    file = TokenFile(account.token_file)
    app = App(account.client_id or "", account.client_secret)
    async with file.alone(), Api(account.base_url, headers={"User-Agent": settings.user_agent}) as api:
        tokens = await first_tokens(api, app, code, asked.verifier, asked.redirect)
        user_id = await account_of(api, tokens)
        if user_id and account.user_id not in (None, user_id):
            raise UserError(
                f"the account that agreed is {user_id}, and the settings name {account.user_id}",
                "log in to the right account in the browser, or mend x.user_id",
            )
        file.save(tokens)
    return user_id


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}", "choose another place for x.token_file") from None


def _tell(settings: Settings, user_id: str) -> None:
    stderr.print(Text(printable(f"authorised; the tokens are in {settings.x.token_file}")), soft_wrap=True)
    if not user_id:
        stderr.print("X did not say whose they are; barometer probe poll will show whether they work")
    elif settings.x.user_id is None:
        stderr.print(Text(f'now write under [x] in {FILE_NAME}: user_id = "{user_id}"'), soft_wrap=True)

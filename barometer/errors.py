"""The one kind of error that a user can mend."""


class UserError(Exception):
    """Bad input: one line that says what was wrong, where, and what to do. The command line exits with code 2."""

    def __init__(self, what: str, remedy: str | None = None) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}" if remedy else what)

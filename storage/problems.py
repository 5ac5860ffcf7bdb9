"""What can go wrong with a database or a folder, said so that a person can mend it."""


class StorageProblem(Exception):
    """What is wrong and what to do about it, in one line; the command line prints it and exits with code 2."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = " ".join(what.split())
        self.remedy = " ".join(remedy.split())
        super().__init__(f"{self.what}; {self.remedy}")

    def __reduce__(self) -> tuple[type["StorageProblem"], tuple[str, str]]:
        return type(self), (self.what, self.remedy)


class DatabaseProblem(StorageProblem):
    """The database cannot be opened, read, written or brought up to date."""


class EvidenceProblem(StorageProblem):
    """An evidence file cannot be written, is missing, or is not what was stored."""


class StoreUnreachable(StorageProblem):
    """The service that keeps the evidence does not answer, or not us: it says nothing of any file in it."""

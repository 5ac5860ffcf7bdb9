"""Runs ``barometer`` and tells, in the last line of standard error, the peak of the largest process in MB."""

import resource
import sys


def main() -> None:
    """Run the command; end as it ends."""
    from barometer.cli import main as barometer

    try:
        barometer()
    finally:
        peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        sys.stderr.write(f"\n{max(peaks) / 1024:.0f}\n")


if __name__ == "__main__":
    main()

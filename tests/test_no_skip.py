import pytest

ONE_OF_EACH = """
import pytest
def test_passes(): pass
@pytest.mark.skip(reason="no server here")
def test_marked(): pass
def test_skips_itself(): pytest.skip("no corpus here")
@pytest.mark.xfail
def test_known_to_fail(): assert False
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\naddopts = -ra")
    return pytester


def test_skips_are_failures_where_nothing_may_be_skipped(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAROMETER_NO_SKIP", "1")
    suite.makepyfile(ONE_OF_EACH)
    outcome = suite.runpytest("-p", "tests.no_skip")
    outcome.assert_outcomes(passed=1, failed=1, errors=1, xfailed=1)
    outcome.stdout.fnmatch_lines(["*nothing may be skipped here: *no server here*"])


def test_a_module_that_skips_itself_is_a_failure_too(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_NO_SKIP", "1")
    suite.makepyfile("import pytest\npytest.skip('no browser here', allow_module_level=True)\ndef test_it(): pass")
    outcome = suite.runpytest("-p", "tests.no_skip")
    assert outcome.ret != pytest.ExitCode.OK
    outcome.stdout.fnmatch_lines(["*nothing may be skipped here: *no browser here*"])


def test_skips_stay_skips_on_a_machine_that_lacks_a_server(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAROMETER_NO_SKIP", raising=False)
    suite.makepyfile(ONE_OF_EACH)
    suite.runpytest("-p", "tests.no_skip").assert_outcomes(passed=1, skipped=2, xfailed=1)

"""Whether a firm answers on every channel it is asked on."""

from barometer.measures.consistency import AcrossChannels, Answers, across_channels, alike_share
from barometer.statistics import NotMeasured, wilson
from storage.vocabulary import AttemptState, Channel
from tests.barometer.measures.attempts import at, measured, reply


def test_a_scenario_is_compared_over_the_channels_it_was_put_on() -> None:
    found = across_channels(
        [
            measured(reply(5)),
            measured(reply(2)),
            measured(channel=Channel.FORM),
            measured(scenario="return"),
            measured(merchant="brise"),
        ]
    )
    assert found == [
        AcrossChannels("elan", "stock", {Channel.EMAIL: Answers(2, 2, 7200.0), Channel.FORM: Answers(1, 0, None)})
    ]
    assert found[0].alike is False


def test_channels_are_alike_when_all_answer_or_none_does() -> None:
    both = across_channels([measured(reply(1)), measured(reply(9), channel=Channel.X)])
    neither = across_channels([measured(), measured(channel=Channel.X)])
    mixed = across_channels(
        [measured(reply(1)), measured(), measured(reply(1), channel=Channel.X), measured(channel=Channel.X)]
    )
    assert [one.alike for one in (*both, *neither, *mixed)] == [True, True, False]
    assert alike_share([*both, *neither, *mixed]) == wilson(2, 3)


def test_what_is_open_blocked_or_a_reminder_compares_with_nothing() -> None:
    first = measured(reply(1))
    others = [
        measured(channel=Channel.X, now=at(20)),
        measured(channel=Channel.FORM, state=AttemptState.BLOCKED, blocked_by="captcha"),
        measured(channel=Channel.FACEBOOK, reminder_of="a0"),
    ]
    assert across_channels([first, *others]) == []
    assert isinstance(alike_share([]), NotMeasured)

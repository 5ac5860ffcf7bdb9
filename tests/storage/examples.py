"""One record of every kind, all optional fields filled, each referring to the others."""

from datetime import UTC, datetime
from decimal import Decimal

from storage.records import (
    Attempt,
    Campaign,
    Click,
    Edition,
    EditionState,
    Event,
    Mark,
    Merchant,
    OptOut,
    OptOutKind,
    Page,
    PageState,
    Record,
    Reply,
    Review,
    Run,
    Sighting,
    Verdict,
    Visit,
)
from storage.vocabulary import (
    Action,
    AttemptState,
    Channel,
    FormKind,
    PriceClass,
    Profile,
    Reason,
    ReplyKind,
    RunState,
    SetAsideReason,
    VisitStatus,
)

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
HASH = "0123456789abcdef" * 4


def one_of_each() -> list[Record]:
    """Return one record of every kind, what refers before what is referred to."""
    merchant = Merchant(
        key="shop.example",
        name="Épicerie Côté Port",
        url="https://shop.example/",
        category="food",
        language="fr",
        email="bonjour@shop.example",
        phone="+33261910001",
        x="https://x.com/example",
        facebook="https://facebook.com/example",
        hours="Mo-Fr 09:00-18:00",
        logo="logo.png",
        entered=True,
        sample_order=7,
        created_at=NOON,
        updated_at=NOON,
    )
    run = Run(
        kind="crawl",
        state=RunState.CLOSED,
        started_at=NOON,
        finished_at=NOON,
        parameters={"category": "food", "limit": 3},
        tool_version="0.1.0",
        claimed_by="worker-1",
        token=2,
        lease_until=NOON,
    )
    campaign = Campaign(
        name="spring",
        channel=Channel.EMAIL,
        scenario="opening-hours",
        parameters={"day": "Monday"},
        created_at=NOON,
        released_by="Camille",
        released_at=NOON,
        closed_at=NOON,
    )
    edition = Edition(
        name="2026",
        revision=2,
        state=EditionState.PUBLISHED,
        grid="open-to-dialog",
        grid_hash=HASH,
        created_at=NOON,
        reviewed_at=NOON,
        published_at=NOON,
    )
    visit = _visit(run, merchant)
    attempt = Attempt(
        campaign_id=campaign.id,
        merchant_id=merchant.id,
        channel=Channel.EMAIL,
        state=AttemptState.ANSWERED,
        target="bonjour@shop.example",
        scenario="opening-hours",
        reply_address="a1@replies.example",
        message_id="<a1@replies.example>",
        planned_for=NOON,
        t0=NOON,
        blocked_by="captcha",
        created_at=NOON,
    )
    return [
        *_seen(visit),
        *_answered(attempt),
        Mark(
            edition_id=edition.id,
            merchant_id=merchant.id,
            criterion="phone_depth",
            value=Decimal("12.50"),
            reason="robots",
            rater="barometer 0.1.0",
            given_at=NOON,
        ),
        Review(
            edition_id=edition.id,
            subject="sighting",
            subject_id=HASH[:32],
            verdict=Verdict.OVERRULED,
            replacement="+33261910002",
            why="the number is the mediator's",
            reviewer="Camille",
            reviewed_at=NOON,
        ),
        OptOut(kind=OptOutKind.DOMAIN, value="no.example", reason="asked", recorded_by="Camille", recorded_at=NOON),
        attempt,
        visit,
        edition,
        campaign,
        run,
        merchant,
    ]


def _visit(run: Run, merchant: Merchant) -> Visit:
    return Visit(
        run_id=run.id,
        merchant_id=merchant.id,
        url="https://shop.example/",
        final_url="https://www.shop.example/",
        profile=Profile.MOBILE,
        country="BE",
        language="fr",
        status=VisitStatus.PARTIAL,
        status_reason=Reason.TIMEOUT,
        started_at=NOON,
        finished_at=NOON,
        tool_version="0.1.0",
        browser="Chromium 156.0",
        user_agent="barometer (+https://barometer.example/)",
        pages_read=7,
        pages_rendered=2,
        bytes=5_000_000_000,
        cpu_seconds=3.125,
        search={"phone": {"proven": 1, "basis": "complete"}},
        warnings=["redirected to another domain"],
        robots=HASH,
    )


def _seen(visit: Visit) -> list[Record]:
    return [
        Page(
            visit_id=visit.id,
            url="https://www.shop.example/contact",
            depth=1,
            http_status=200,
            content_type="text/html; charset=utf-8",
            bytes=45_000,
            template="/*",
            evidence=HASH,
            fetched_at=NOON,
            failure=Reason.TOO_LARGE,
            rendered=True,
            looked_for=["phone", "email"],
        ),
        PageState(
            visit_id=visit.id,
            url="https://www.shop.example/contact#:~:text=Menu",
            page_url="https://www.shop.example/contact",
            depth=2,
            position=1,
            hovered=True,
            seen_at=NOON,
            http_status=200,
            address="192.0.2.7",
            headers=[["content-type", "text/html"]],
            response_seconds=0.25,
            bytes=250_000,
            html=HASH,
            layout=HASH,
            picture=HASH,
            consent={
                "kind": "closed",
                "how": "words",
                "label": "Tout refuser",
                "seconds": 0.5,
                "box": [0, 600, 1440, 300],
            },
            age_gate={"kind": "none", "seconds": 0.0},
            looked_for=["phone"],
            ended=Reason.TIMEOUT,
            warnings=["the page never came to rest"],
        ),
        Click(
            visit_id=visit.id,
            from_url="https://www.shop.example/",
            to_url="https://www.shop.example/contact",
            action=Action.PRESS,
            label="Nous écrire",
            selector="footer a",
            position=12,
            box=[1200, 3400, 90, 20],
            hovered=True,
            seconds=0.5,
        ),
        Sighting(
            visit_id=visit.id,
            page_url="https://www.shop.example/contact",
            depth=1,
            channel=Channel.PHONE,
            value="+33826000000",
            display="0 826 000 000",
            readable=False,
            context="Service clients : 0 826 000 000",
            confidence=0.875,
            price_class=PriceClass.PREMIUM,
            max_eur_per_min=Decimal("0.20"),
            max_eur_per_call=Decimal("0.50"),
            kind=FormKind.CONTACT,
            automatic=True,
            set_aside=SetAsideReason.MEDIATOR,
            box=[120, 640, 210, 18],
            in_header=True,
            fixed=False,
            hovered=True,
            state_id=HASH[:32],
        ),
    ]


def _answered(attempt: Attempt) -> list[Record]:
    return [
        Event(
            attempt_id=attempt.id,
            sequence=0,
            state=AttemptState.SENT,
            at=NOON,
            actor="barometer",
            detail="250 accepted",
            evidence=HASH,
        ),
        Reply(
            attempt_id=attempt.id,
            kind=ReplyKind.HUMAN,
            rule="no-automatic-sign",
            received_at=NOON,
            evidence=HASH,
            matched_by="reply-address",
            permanent=False,
        ),
    ]

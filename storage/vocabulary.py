"""The closed lists of the method: every word that a record, a result or a report may hold.

The values are the words of ``docs/method.md`` and stand in the JSON contracts to the letter.
"""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a merchant; the twelve that an audit looks for, in the order it prints them."""

    PHONE = "phone"
    EMAIL = "email"
    CONTACT_PAGE = "contact_page"
    FORM = "form"
    CHAT = "chat"
    FACEBOOK = "facebook"
    X = "x"
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    YOUTUBE = "youtube"
    WHATSAPP = "whatsapp"
    CALLBACK = "callback"


SOCIAL_CHANNELS = (Channel.FACEBOOK, Channel.X, Channel.INSTAGRAM, Channel.LINKEDIN, Channel.YOUTUBE)
"""Channels whose sighting is a visible link to the merchant's own account."""


class OutcomeKind(StrEnum):
    """What is known of a channel's depth once a visit is closed."""

    EXACT = "exact"
    AT_MOST = "at_most"
    NOT_FOUND = "not_found"
    NOT_MEASURED = "not_measured"


class Basis(StrEnum):
    """What was read before an exact depth was claimed."""

    COMPLETE = "complete"
    TEMPLATES = "templates"


class Searched(StrEnum):
    """How much was read before a channel was declared not found."""

    COMPLETE = "complete"
    TEMPLATES = "templates"
    BUDGET = "budget"


class VisitStatus(StrEnum):
    """How a visit to a site ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    BLOCKED = "blocked"


class Reason(StrEnum):
    """Why a visit or one channel of it could not be measured."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP_ERROR = "http_error"
    NOT_HTML = "not_html"
    TOO_LARGE = "too_large"
    PRIVATE_ADDRESS = "private_address"
    REDIRECT_LOOP = "redirect_loop"
    BOT_WALL = "bot_wall"
    LOGIN_WALL = "login_wall"
    GEO_BLOCK = "geo_block"
    MAINTENANCE = "maintenance"
    PARKED = "parked"
    CRAWLER_ERROR = "crawler_error"
    ROBOTS = "robots"
    NEEDS_BROWSER = "needs_browser"
    BUDGET = "budget"


class Action(StrEnum):
    """What leads from one state to the next; a redirect costs no click, the two others cost one."""

    FOLLOW = "follow"
    PRESS = "press"
    REDIRECT = "redirect"


class Profile(StrEnum):
    """The window a page is looked at through: 1440x900, or 412x915 with touch."""

    DESKTOP = "desktop"
    MOBILE = "mobile"


class SetAsideReason(StrEnum):
    """Why a value that looks like a channel is not the merchant's."""

    FAX = "fax"
    MEDIATOR = "mediator"
    HOST = "host"
    AGENCY = "agency"
    REGULATOR = "regulator"
    THIRD_PARTY = "third_party"
    PLACEHOLDER = "placeholder"
    IDENTIFIER = "identifier"
    DATE = "date"
    PRICE = "price"
    REFERENCE = "reference"
    HOURS = "hours"
    INVALID = "invalid"
    HIDDEN = "hidden"
    NOT_OWN_ACCOUNT = "not_own_account"


class PriceClass(StrEnum):
    """What a call costs, as a class (ARCEP plan for France)."""

    FREE = "free"
    BANALISED = "banalised"
    ORDINARY = "ordinary"
    PREMIUM = "premium"
    UNKNOWN_SHORT = "unknown_short"


class FormKind(StrEnum):
    """What a form is for."""

    CONTACT = "contact"
    NEWSLETTER = "newsletter"
    SEARCH = "search"
    LOGIN = "login"
    REGISTRATION = "registration"
    COMMENT = "comment"
    ORDER = "order"
    OTHER = "other"


class FieldRole(StrEnum):
    """What a visible form field asks for."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    SUBJECT = "subject"
    MESSAGE = "message"
    ORDER_NUMBER = "order_number"
    CONSENT = "consent"
    CAPTCHA = "captcha"
    HONEYPOT = "honeypot"
    OTHER = "other"


class ReplyKind(StrEnum):
    """What a message that came back is."""

    HUMAN = "human"
    ACKNOWLEDGEMENT = "acknowledgement"
    OUT_OF_OFFICE = "out_of_office"
    BOUNCE = "bounce"
    OTHER_AUTOMATIC = "other_automatic"


class AttemptState(StrEnum):
    """Where a contact attempt stands; events are only appended."""

    PLANNED = "planned"
    RELEASED = "released"
    SENDING = "sending"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class BlockedBy(StrEnum):
    """What keeps the program from making an attempt; a person may still make it at the desk."""

    CAPTCHA = "captcha"
    LOGIN = "login"
    REJECTED = "rejected"
    NO_ADDRESS = "no_address"
    FILE_UPLOAD = "file_upload"
    NOT_UNDERSTOOD = "not_understood"
    OPT_OUT = "opt_out"


class StampKind(StrEnum):
    """What a person at the desk can mark while they make an attempt; the first row is a phone call's, in its order."""

    DIALLED = "dialled"
    RINGING = "ringing"
    MENU = "menu"
    ON_HOLD = "on_hold"
    HUMAN = "human"
    HUNG_UP = "hung_up"
    STARTED = "started"
    SENT = "sent"
    ANSWERED = "answered"
    GAVE_UP = "gave_up"
    UNDO = "undo"


class RunState(StrEnum):
    """Where a crawl or another long job stands."""

    OPEN = "open"
    CLOSED = "closed"
    FAILED = "failed"

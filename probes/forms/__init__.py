"""Contact forms: which of a page's forms reaches the merchant, what a person would write into it, and what came of it.

``choose`` and ``fill`` decide and are pure; ``gathering`` reads what a page shows, ``hand`` types and presses, ``aftermath``
watches what follows; ``send`` puts them together as the probe of the channel ``form``.
"""

"""Rooms that fetch, detect and prove; the only room with Scrapy, and the one that launches Chromium."""

"""The API by topic: each module holds the table of its commands and the reads that go with them."""

from services.coordinator.api.topics import (
    accounts,
    complaints,
    duty,
    feedback,
    incidents,
    initiatives,
    matches,
    members,
    messages,
    offers,
    peers,
    referrals,
    regions,
    requests,
    series,
    stranded,
    ties,
    work,
)

TOPICS = (
    members,
    ties,
    offers,
    requests,
    referrals,
    stranded,
    series,
    matches,
    incidents,
    initiatives,
    accounts,
    messages,
    regions,
    feedback,
    duty,
    complaints,
    work,
    peers,
)
"""In the order in which the document lists them."""

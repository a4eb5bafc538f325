"""Feedback: what social teams may hear of their referrals, and how it is brought to their systems.

feed.py          a team's feed: what it may hear, in order
endpoint.py      where a team wants it brought
delivery.py      one thing for one endpoint
cloud_event.py   how it reads, everywhere the same
signing.py       Standard Webhooks: secrets and signatures
outside.py       one attempt over HTTP, and where it may lead
target.py        an endpoint as it is now, for who brings
round.py         the deliveries of one endpoint: order, patience, bounds
courier.py       a round for every endpoint
live.py          the feed on NATS
queries.py       the feed, endpoints and their delivery log
"""

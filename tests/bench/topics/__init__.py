"""What is measured, in the order of the table: one module per topic."""

from tests.bench.bench import Topic
from tests.bench.topics import (
    commands,
    follower,
    long_log,
    network,
    over_nats,
    proposals,
    rebuild,
    referrals,
    relay,
    transfers,
    webhooks,
    whole_region,
)

TOPICS: dict[str, Topic] = {
    "commands": commands.measure,
    "transfers": transfers.measure,
    "over-nats": over_nats.measure,
    "relay": relay.measure,
    "follower": follower.measure,
    "rebuild": rebuild.measure,
    "long-log": long_log.measure,
    "proposals": proposals.measure,
    "referrals": referrals.measure,
    "webhooks": webhooks.measure,
    "network": network.measure,
    "region": whole_region.measure,
}

"""What the ledger's tables say, as numbers: holds, balances at their limits, and that all sums to zero."""

from services.kernel.gauges import Gauge
from services.ledger.account import OWED_MINUTES, REGIONS_OWN, SAVED_MINUTES

_OWN = " ".join(f"WHEN '{account_id}' THEN '{kind}'" for account_id, (kind, _) in REGIONS_OWN.items())
_OF_PEOPLE = f"account_id NOT IN ({', '.join(repr(str(account_id)) for account_id in REGIONS_OWN)})"

GAUGES = (
    Gauge("wd_holds", "Holds that stand", "SELECT count(*) AS value FROM holds WHERE status = 'held'"),
    Gauge(
        "wd_holds_minutes",
        "Minutes held on all accounts",
        "SELECT coalesce(sum(held_minutes), 0) AS value FROM accounts",
    ),
    Gauge(
        "wd_ledger_sum_minutes",
        "The sum of all balances: 0, always",
        "SELECT coalesce(sum(balance_minutes), 0) AS value FROM accounts",
    ),
    Gauge(
        "wd_accounts",
        "People's open accounts by balance: those who saved or owe much are told",
        f"SELECT CASE WHEN balance_minutes > {SAVED_MINUTES} THEN 'saved_much' "
        f"WHEN balance_minutes < {OWED_MINUTES} THEN 'owes_much' ELSE 'between' END AS balance, "
        f"count(*) AS value FROM accounts WHERE NOT closed AND {_OF_PEOPLE} GROUP BY 1",
        {"balance": ("saved_much", "between", "owes_much")},
    ),
    Gauge(
        "wd_own_account_minutes",
        "Balances of the region's own accounts",
        f"SELECT CASE account_id::text {_OWN} END AS account, balance_minutes AS value FROM accounts "
        f"WHERE NOT ({_OF_PEOPLE})",
        {"account": tuple(kind for kind, _ in REGIONS_OWN.values())},
    ),
    Gauge(
        "wd_reckoning_oldest_seconds",
        "How long ago that day began on which the region that was told longest ago, of those that take part, "
        "was told what we posted",
        "SELECT coalesce(extract(epoch FROM now() - min(reckoned_on)::timestamptz), 0) AS value "
        "FROM clearings WHERE NOT ended",
    ),
)

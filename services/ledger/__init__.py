"""Ledger: hours as credits, in whole minutes. Every transfer sums to zero.

Owns    accounts, holds and transfers.
Takes   TransferCredit.
Emits   AccountOpened, HoldPlaced, HoldRefused, HoldReleased, CreditTransferred, TransferRefused.
Follows exchange (who takes part has an account; matches hold, book and release).
Answers balances.

At every step: available = balance - held, and available is never below the account's floor.
"""

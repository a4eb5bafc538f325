"""Ledger: hours as credits, in whole minutes. Every transfer sums to zero.

Owns    accounts, holds, transfers; a helper's compensation by month and year under the caps of the
        year, and expenses; what is cleared with each other region (`clearing.py`, `crossing.py`).
Takes   TransferCredit, GiveToPool, SpendFromPool, ReverseTransfer, ChangeLimits, NoteExpenses,
        BringBalance, EnterCaps; ProposeCap, AnswerCap, GiveAcross, ProposeSettlement, AnswerSettlement,
        DecideTransfer.
Emits   AccountOpened, LimitsChanged, BalanceNoted, AccountClosed, HoldPlaced, HoldRefused,
        HoldReleased, CreditTransferred, HelpRecorded, CompensationBooked, TransferRefused,
        ExpensesNoted, CapsEntered, CapsCorrected; and of other regions contracts/clearing.py, crossings.py.
Follows exchange (who takes part has an account, and where they live; matches hold, book and
        release; who leaves is settled), members (who uses a household's account; whose reasons are
        erased), link (what other regions wrote, and who of them left).
Answers balances, statements, what a helper received in a year.

At every step: available = balance - held, and available is never below the account's floor.

The region's own accounts make every posting have another side:

    pool         the solidarity pool; never below zero
    suspense     what could not be booked where it belongs: it receives for closed accounts, and
                 pays what a reversal could not get back; a coordinator hands out what is in it, or
                 makes up what it owes out of the pool
    opening      balances brought from another system
    region       what the region gave to the pool
    written_off  balances of those who left, that nobody took over
    settled      positions that two regions settled outside of the hours
    clearing     one for every region that hours are cleared with: what is owed to it

A transfer to another region: held here (`sending.py`), accepted there (`receiving.py`), posted here, then
there; each night both tell what they posted (`reckoning.py`). Letters are read in `correspondence.py`. What
has no end when a region leaves, or was put back, is for a person (`parting.py`).
"""

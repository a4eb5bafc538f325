"""Coordinator: the region's own instance, where people and other programs come in.

Owns    the duty rota, leave with deputies, complaints, calls after a no-show (`duty.py`, `leave.py`,
        `complaint.py`, `call.py`); and projections of what the other services say happened
        (`projections/`).
Takes   HTTP: the API under /v1 (`api/`) and the console (`console/`); over NATS referrals of social
        teams (`referrals_in.py`; what cannot be taken in is kept in `stranded.py`). Its own commands
        (`handlers.py`); every other wish becomes a command of the service that decides it (`desk.py`).
Emits   DutyPlanned and -Cancelled; LeavePlanned and -Cancelled, DeputyNamed, DeputyMissed;
        ComplaintFiled, -Moved, -HandedOver, -TermPassed; CallNoted; EventStranded, StrandedSettled.
Follows members, exchange, ledger, notifications.
Answers over HTTP: what is known now, the work list (`work.py`), and names by query at the
        moment of need, for those who may see them; names are never kept here. Over the bus: the
        restricted file of a complaint, to its handler (`queries.py`).

One command, from HTTP to its answer:

    api/topics/       the tables: method, path and command
    desk.py           command id and content hash, over the bus to the deciding service
    lookout.py        wait (at most a second) until this instance has seen the outcome
"""

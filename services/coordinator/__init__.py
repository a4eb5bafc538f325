"""Coordinator: the region's own instance, where people and other programs come in.

Owns    nothing that happens: only projections of what the other services say happened.
Takes   HTTP: the API under /v1 (`api/`) and the coordinators' console (`console/`).
Emits   nothing. Every wish becomes a command of the service that decides it (`desk.py`).
Follows members, exchange, ledger, notifications (`projections/`).
Answers over HTTP: what is known now, the work list (`work.py`), and names by query at the
        moment of need, for those who may see them; names are never kept here.

One command, from HTTP to its answer:

    api/commands.py   the table: method, path and command
    desk.py           command id and content hash, over the bus to the deciding service
    lookout.py        wait (at most a second) until this instance has seen the outcome
"""

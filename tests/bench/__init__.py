"""`wederdienst bench`: how fast this is, beside others who do the same, on this machine.

    ./wederdienst bench                       the whole table, about eight minutes on two cores
    ./wederdienst bench --quick               a smoke test: every figure once and small; no figures to quote
    ./wederdienst bench --only commands relay some of it; the names are those of `topics`
    ./wederdienst bench --json                the same as one JSON document, with every round

What makes it fair

- Ours and the peer take turns (ours, peer, ours, peer ...), at least five rounds each; the table
  shows medians. Whatever else the machine does, it does to both.
- One embedded PostgreSQL server for all, in a temporary folder on a disk, with the settings
  that `wederdienst up` uses. `fsync`, `synchronous_commit` and `full_page_writes` must be on for
  every role that is measured, or nothing is measured.
- Ours is what is served: the real commit loop with decide, idempotency, vault text, projection
  and command result; the real relay, follower, rebuild and service processes. The peer stores an
  equal payload and need do nothing else.
- Beside each rate stand the CPU seconds per 1,000: of this process with its callers, of
  PostgreSQL with all its backends, and of what else takes part.

Run it alone: on a machine that does other work the rates are low and the ratios uneven.

Modules: `figures` says what a figure is; `meters` measures time, CPU and memory; `servers`,
`leader` and `filling` set the scene; `peers` are the others; `topics/` has one module per
topic; `report` shows the result.
"""

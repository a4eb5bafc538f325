"""The kernel: the log, the commit loop, relay, followers, timers, runtime. A library, not a service."""

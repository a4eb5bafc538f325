"""Link: the region's link to other regions, over a hub that stores nothing.

Owns    who takes part in the network (`directory.py`, `peer.py`), what is written to each of them and
        what they wrote (`letter.py`), and the region's own keys, in a file that no other service reads.
Takes   nothing over the bus. It follows exchange and ledger: an event of theirs whose `letter()` is not
        None is written to its `peer`.
Emits   DirectoryLearned; PeerJoined, -Left, -Reached, -Missed; LetterQueued, LettersDelivered,
        LetterReceived, -Repeated, -Undeliverable; EpochOpened, PeerForked, LetterOrphaned, OrphanSolved;
        MessagesRefused.
Follows exchange, ledger. Exchange, ledger and the coordinator instance follow it.
Answers who is up, what waits, what was refused; and, asked now and never stored, how to reach someone in
        another region in a matter that both people agreed to.

A peer is a follower, and its watermark is what it answers after its commit:

    sender.py    which (epoch, number) do you have? then the next letters out of the log, in batches
    receiver.py  verified, decrypted, committed; then the answer
    seal.py      signed (Ed25519), encrypted for one region (ECDH-ES with X25519, A256GCM)
    line.py      the connection to the hub: messages and answers, never JetStream

A region that is in no network (no `[network]` in region.toml) does not run this service.
"""

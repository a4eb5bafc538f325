"""Notifications: tells people what concerns them, by e-mail.

Owns    messages: to which member, which template, how it went. No names and no text: those
        are looked up when a message is sent, and kept nowhere.
Emits   MessageQueued, MessageSent, MessageFailed.
Follows members, exchange and ledger.

An e-mail may go out twice when the process is killed between the mail server's yes and the
commit of it; both then carry the same Message-ID.
"""

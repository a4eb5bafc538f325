"""Notifications: tells people what concerns them, in the way they chose, and social teams what they may hear.

Owns    messages: to which member, which template, how it went; recipients: how and when each
        member wants to hear from us; whom a letter may name to whom; who may act for a household.
        No names and no text: those are looked up when a message is sent, and kept nowhere.
        Feeds of social teams, their webhook endpoints and what is brought there (`feedback/`).
Takes   ReportDelivery; RegisterEndpoint, ChangeEndpoint, RotateSecret, PauseEndpoint, ResumeEndpoint,
        DeleteEndpoint, TryEndpoint, ReplayFeedback.
Emits   MessageQueued, MessageSent, MessageHandedOver, MessageDelivered, ContactAttempted,
        ContactEscalated, MessageOvertaken, MessageFailed; FeedbackQueued, FeedbackDelivered,
        DeliveryQueued; EndpointRegistered, -Changed, -Paused, -Resumed, -Disabled, -Tried, -Deleted,
        SecretRotated.
Answers GetLetters; GetFeedback, GetEndpoints, GetEndpointSecrets, GetDeliveries.
Follows members, exchange and ledger.

E-mail by SMTP, text messages through a gateway; letters and telephone calls are tasks for a
person. An e-mail may go out twice when the process is killed between the mail server's yes and
the commit of it; both then carry the same Message-ID.
"""

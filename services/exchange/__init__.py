"""Exchange: what people offer, what they ask, and the matches between them.

Owns    offers, requests for help, matches, and how full each helper's week is.
Takes   PostOffer, WithdrawOffer, RequestHelp, WithdrawRequest, ConfirmMatch, CancelMatch, ReportMinutes.
Emits   OfferPosted, HelpRequested, MatchReserved, MatchConfirmed, MatchFellThrough, MinutesAgreed, ...
Follows members (who may take part), ledger (whether hours are held and booked).
Answers ranked helpers with reasons, texts, matches, small favours to do in return.
"""

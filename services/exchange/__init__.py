"""Exchange: what people offer, what they ask, and the matches between them.

Owns    initiatives and their policies; offers, requests for help, matches, series and their visits;
        how full each helper's week is; incidents that keep two people apart; referrals by social teams;
        help that regions lend each other (`loan.py`).
Takes   PostOffer, RequestHelp, ConfirmMatch, ReportMinutes, StartInitiative, MoveVisit, ... (contracts/)
Emits   OfferPosted, HelpRequested, MatchReserved, MatchConfirmed, MatchFellThrough, MinutesAgreed, ...
Follows members (who may take part, is vetted, away, gone, or nearer by now), ledger (what is held
        and booked), link (what other regions wrote).
Answers ranked helpers with reasons, texts, matches, series, files of incidents, load, small favours.

Where to look: a request is asked in help_request.py and chosen a helper for in confirming.py, by the
rules of fitness.py; matching.py ranks by the same rules; planning.py plans help that comes back; minutes.py
settles how long it took. Referrals: referral.py, and how one follows its help request in referral_course.py.
"""

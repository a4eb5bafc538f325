"""The subjects of the letters that members get: by these a test knows who heard what.

Written out, not taken from the templates: a text that changes is seen here. What one test alone
waits for stands in that test.
"""

WELCOME = "Welkom bij Wederdienst"
OFFERED = "Uw aanbod staat erin"
ASKED = "Wij hebben uw hulpvraag"

# To who helps, and to who asked.
HELPS = "U gaat iemand helpen"
HELPS_OFTEN = "U gaat iemand vaker helpen"
FOUND = "Wij hebben iemand voor u gevonden"

ENDED = "Uw afspraak gaat niet door"
SEARCHING = "Wij zoeken een andere helper voor u"
HELPER_STOPS = "Uw vaste hulp stopt"
ASKER_LOSES = "Uw helper stopt binnenkort"

DIFFERED = "De tijd die u opschreef"
RECORDED = "De hulp is opgeschreven"
EARNED = "Er zijn uren bijgeschreven"
SPENT = "Fijn dat het gelukt is"
OWES = "Wilt u eens iets doen voor een buur?"

VOG_ENDS = "Uw VOG loopt bijna af"

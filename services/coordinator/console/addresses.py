"""Where each page is."""

from uuid import UUID

MEMBERS = "/deelnemers"
ROTA = "/rooster"
LETTERS = "/brieven"
INITIATIVES = "/initiatieven"
POOL = "/solidariteitspot"
COMPENSATIONS = "/vergoedingen"
FIGURES = "/cijfers"
OPERATING = "/beheer"
REGIONS = "/regios"
REFERRALS = "/verwijzingen"
REFER = "/verwijzen"


def tel_href(phone: str) -> str:
    """A number to call.

    >>> tel_href("+31 6-12 34 56 78")
    'tel:+31612345678'
    """
    return "tel:" + "".join(sign for sign in phone if sign.isdecimal() or sign == "+")


def request_href(request_id: UUID) -> str:
    return f"/hulpvragen/{request_id}"


def member_href(member_id: UUID) -> str:
    return f"{MEMBERS}/{member_id}"


def statement_href(member_id: UUID) -> str:
    return f"{member_href(member_id)}/rekening"


def year_href(member_id: UUID, year: int) -> str:
    return f"{member_href(member_id)}/jaaroverzicht/{year}"


def compensation_href(member_id: UUID) -> str:
    return f"{member_href(member_id)}/vergoedingen"


def initiative_href(initiative_id: UUID) -> str:
    return f"{INITIATIVES}/{initiative_id}"


def match_href(match_id: UUID) -> str:
    return f"/koppelingen/{match_id}"


def reversal_href(match_id: UUID) -> str:
    return f"{match_href(match_id)}/terugboeking"


def series_href(series_id: UUID) -> str:
    return f"/reeksen/{series_id}"


def incident_href(incident_id: UUID) -> str:
    return f"/incidenten/{incident_id}"


def referral_href(referral_id: UUID) -> str:
    return f"{REFERRALS}/{referral_id}"


def stranded_href(stranded_id: UUID) -> str:
    return f"/berichten/{stranded_id}"


def complaint_href(complaint_id: UUID) -> str:
    return f"/klachten/{complaint_id}"


def loan_href(loan_id: UUID) -> str:
    return f"{REGIONS}/hulp/{loan_id}"


def clearing_href(clearing_id: UUID) -> str:
    return f"{REGIONS}/uren/{clearing_id}"


def settlement_href(crossing_id: UUID) -> str:
    return f"{REGIONS}/vereffening/{crossing_id}"


def transfer_href(crossing_id: UUID) -> str:
    return f"{REGIONS}/overdracht/{crossing_id}"


def forgotten_href(thread_id: UUID) -> str:
    return f"{REGIONS}/vergeten/{thread_id}"


def stop_href(request_id: UUID) -> str:
    return f"{request_href(request_id)}/stoppen"


def seeking_href(request_id: UUID) -> str:
    return f"{request_href(request_id)}/regios"

"""What each role may do: one table, enforced by every service on the actor of each command.

`ANY` - for anyone's things. `OWN` - only where the named field is the actor's own member id.
`PARTY` - the decider checks that the actor is one of the two people of the match.
A role that is not in a row may not. Commands that only services send (opening an account,
settling a hold) never come over the bus and have no row.
"""

from contracts.envelope import Actor, Command, Query, Role

ANY = "*"
PARTY = "party"

M, C, R = Role.MEMBER, Role.COORDINATOR, Role.REFERRER
OP, S = Role.OPERATOR, Role.SERVICE

MAY: dict[str, dict[Role, str]] = {
    # members
    "RegisterMember": {C: ANY, OP: ANY, R: ANY},
    "ApproveMember": {C: ANY, OP: ANY},
    "DeclineMember": {C: ANY},
    "ChangeCapacity": {M: "member_id", C: ANY, OP: ANY},
    "PauseHelping": {M: "member_id", C: ANY},
    "ResumeHelping": {M: "member_id", C: ANY},
    "GiveGuardianConsent": {C: ANY, OP: ANY},
    "WithdrawGuardianConsent": {C: ANY},
    "ChangeContactDetails": {M: "member_id", C: ANY},
    "NameTie": {M: "member_id", C: ANY, OP: ANY},
    "ChooseChannel": {M: "member_id", C: ANY, OP: ANY},
    "JoinHousehold": {C: ANY, OP: ANY},
    "LeaveHousehold": {M: "member_id", C: ANY},
    "GrantRepresentation": {M: "member_id", C: ANY},
    "EndRepresentation": {M: "member_id", C: ANY},
    "RecordVog": {C: ANY, OP: ANY},
    "LeaveMembership": {M: "member_id", C: ANY},
    "EraseMember": {M: "member_id", C: ANY},
    "GetContacts": {M: PARTY, C: ANY},
    "GetPeople": {M: "member_ids", C: ANY, S: ANY},
    "FindExcluded": {S: ANY},
    # exchange
    "PostOffer": {M: "member_id", C: ANY, OP: ANY},
    "WithdrawOffer": {M: "member_id", C: ANY, OP: ANY},
    "RequestHelp": {M: "asking_id", C: ANY, OP: ANY, R: ANY},
    "WithdrawRequest": {M: "member_id", C: ANY, OP: ANY},
    "ConfirmMatch": {C: ANY},
    "CancelMatch": {M: "member_id", C: ANY},
    "ReportMinutes": {M: "member_id", C: ANY},
    "StartInitiative": {C: ANY, OP: ANY},
    "ChangePolicy": {C: ANY, OP: ANY},
    "CloseInitiative": {C: ANY, OP: ANY},
    "WaiveReciprocity": {C: ANY},
    "SkipVisit": {M: "member_id", C: ANY},
    "MoveVisit": {M: "member_id", C: ANY},
    "EndSeries": {M: "member_id", C: ANY},
    "EndHelping": {M: "member_id", C: ANY},
    "NoteNoShow": {M: "member_id", C: ANY},
    "ThankHelper": {M: "member_id", C: ANY},
    "DecideMinutes": {C: ANY},
    "ReportIncident": {C: ANY},
    "CloseIncident": {C: ANY},
    "GetInitiatives": {M: ANY, C: ANY, OP: ANY, R: ANY, S: ANY},
    "GetSeries": {M: PARTY, C: ANY},
    "GetLoad": {M: "member_id", C: ANY, OP: ANY},
    "RankHelpers": {C: ANY},
    "GetTexts": {M: ANY, C: ANY, S: ANY},
    "GetMatch": {M: PARTY, C: ANY, S: ANY},
    "GetParticipants": {C: ANY, OP: ANY, S: ANY},
    "SuggestReturnFavours": {M: "member_id", C: ANY, S: ANY},
    # ledger
    "TransferCredit": {M: "from_account_id", C: ANY},
    "GetBalances": {M: "account_ids", C: ANY, S: ANY},
    "GiveToPool": {M: "from_account_id", C: ANY},
    "SpendFromPool": {C: ANY},
    "ReverseTransfer": {C: ANY},
    "ChangeLimits": {C: ANY, OP: ANY},
    "NoteExpenses": {C: ANY},
    "BringBalance": {OP: ANY},
    "GetStatement": {M: "account_id", C: ANY},
    "GetYearStatement": {M: "helper_id", C: ANY},
    # notifications
    "ReportDelivery": {C: ANY},
    "GetLetters": {C: ANY},
    # coordinator
    "PlanDuty": {C: ANY, OP: ANY},
    "CancelDuty": {C: ANY, OP: ANY},
    "PlanLeave": {C: ANY, OP: ANY},
    "NameDeputy": {C: ANY, OP: ANY},
    "CancelLeave": {C: ANY, OP: ANY},
    "FileComplaint": {C: ANY},
    "MoveComplaint": {C: ANY},
    "GetRestricted": {C: ANY},
    # kernel
    "ReadLog": {S: ANY, OP: ANY},
    "GetMarks": {S: ANY, OP: ANY},
    "RetryParked": {OP: ANY},
}


def allowed(actor: Actor, message: Command | Query) -> bool:
    """Whether the table lets this actor send this message.

    `PARTY` passes here: whether the actor belongs to the match is known to the decider.
    """
    rule = MAY.get(type(message).__name__, {}).get(actor.role)
    if rule is None:
        return False
    if rule in (ANY, PARTY):
        return True
    field = getattr(message, rule)
    return actor.member_id is not None and (field == actor.member_id or field == (actor.member_id,))

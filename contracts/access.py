"""What each role may do: one table, enforced by every service on the actor of each command.

`ANY` - for anyone's things. The name of a field - only where it is the actor's own member id.
`PARTY` - the decider checks that the actor is one of the two people of the match.
`TEAM` - only with a key of a social team; the decider checks that the referral, or the webhook endpoint,
is that team's.
`ACTING` - in the name of `member_id`: the actor themself, or who may act for that member (someone they
let act for them, or the household or organisation they may act for). Deciders check which
(services/exchange/acting.py); the event names the member, and its actor who did it.

Acting for someone is asking for help and arranging what was asked. To leave, to be erased, to say who
is near, to offer time or to give hours away is for that member alone.

A role that is not in a row may not. Commands that only services send (opening an account, settling
a hold) never come over the bus and have no row.
"""

from contracts.envelope import Actor, Command, Query, Role

ANY = "*"
PARTY = "party"
TEAM = "team"
ACTING = "acting"

M, C, R = Role.MEMBER, Role.COORDINATOR, Role.REFERRER
OP, S = Role.OPERATOR, Role.SERVICE

MAY: dict[str, dict[Role, str]] = {
    # members
    "RegisterMember": {C: ANY, OP: ANY},
    "RegisterReferred": {R: TEAM},
    "ApproveMember": {C: ANY, OP: ANY},
    "DeclineMember": {C: ANY},
    "ChangeCapacity": {M: "member_id", C: ANY, OP: ANY},
    "PauseHelping": {M: "member_id", C: ANY},
    "ResumeHelping": {M: "member_id", C: ANY},
    "NoteAgeBand": {C: ANY, OP: ANY},
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
    "FindPeople": {C: ANY},
    "FindExcluded": {S: ANY},
    "FindLookalikes": {S: ANY},
    # exchange
    "PostOffer": {M: "member_id", C: ANY, OP: ANY},
    "WithdrawOffer": {M: "member_id", C: ANY, OP: ANY},
    "RequestHelp": {M: "asking_id", C: ANY, OP: ANY},
    "WithdrawRequest": {M: ACTING, C: ANY, OP: ANY},
    "ConfirmMatch": {C: ANY},
    "CancelMatch": {M: ACTING, C: ANY},
    "ReportMinutes": {M: ACTING, C: ANY},
    "StartInitiative": {C: ANY, OP: ANY},
    "ChangePolicy": {C: ANY, OP: ANY},
    "CloseInitiative": {C: ANY, OP: ANY},
    "WaiveReciprocity": {C: ANY},
    "SkipVisit": {M: ACTING, C: ANY},
    "MoveVisit": {M: ACTING, C: ANY},
    "EndSeries": {M: ACTING, C: ANY},
    "EndHelping": {M: ACTING, C: ANY},
    "NoteNoShow": {M: ACTING, C: ANY},
    "ThankHelper": {M: ACTING, C: ANY},
    "DecideMinutes": {C: ANY},
    "ReportIncident": {C: ANY},
    "HandOverIncident": {C: ANY, OP: ANY},
    "CloseIncident": {C: ANY},
    "GetIncidentFile": {C: ANY},
    "GetInitiatives": {M: ANY, C: ANY, OP: ANY, R: ANY, S: ANY},
    "GetSeries": {M: PARTY, C: ANY},
    "GetLoad": {M: "member_id", C: ANY, OP: ANY},
    "RankHelpers": {C: ANY},
    "GetTexts": {M: ANY, C: ANY, S: ANY},
    "GetMatch": {M: PARTY, C: ANY, S: ANY},
    "GetParticipants": {C: ANY, OP: ANY, S: ANY},
    "SuggestReturnFavours": {M: "member_id", C: ANY, S: ANY},
    "SeekHelp": {C: ANY},
    "LendHelper": {C: ANY},
    "TakeHelper": {C: ANY},
    "AgreeToLoan": {M: ACTING, C: ANY},
    "ReportLoanMinutes": {M: ACTING, C: ANY},
    "EndLoan": {M: ACTING, C: ANY},
    "RetryLoan": {C: ANY},
    "ResolveLoan": {C: ANY},
    "GetLoanPerson": {S: ANY},
    "ReferPerson": {R: TEAM},
    "AcceptReferral": {C: ANY},
    "RejectReferral": {C: ANY},
    "HoldReferral": {C: ANY},
    "FailReferral": {C: ANY},
    "CancelReferral": {R: TEAM},
    "StopFeedback": {M: ACTING, C: ANY, R: TEAM},
    "GetReferralFile": {C: ANY, R: TEAM},
    # ledger
    "TransferCredit": {M: "from_account_id", C: ANY},
    "GetBalances": {M: "account_ids", C: ANY, S: ANY},
    "GiveToPool": {M: "from_account_id", C: ANY},
    "SpendFromPool": {C: ANY},
    "ReverseTransfer": {C: ANY},
    "ChangeLimits": {C: ANY, OP: ANY},
    "NoteExpenses": {C: ANY},
    "BringBalance": {OP: ANY},
    "EnterCaps": {OP: ANY},
    "GetStatement": {M: "account_id", C: ANY},
    "GetYearStatement": {M: "helper_id", C: ANY},
    "ProposeCap": {C: ANY, OP: ANY},
    "AnswerCap": {C: ANY, OP: ANY},
    "GiveAcross": {M: "from_account_id", C: ANY},
    "ProposeSettlement": {C: ANY, OP: ANY},
    "AnswerSettlement": {C: ANY, OP: ANY},
    "DecideTransfer": {C: ANY, OP: ANY},
    "GetPositions": {C: ANY, OP: ANY, S: ANY},
    # notifications
    "ReportDelivery": {C: ANY},
    "GetLetters": {C: ANY},
    "RegisterEndpoint": {R: TEAM},
    "ChangeEndpoint": {R: TEAM},
    "RotateSecret": {R: TEAM},
    "PauseEndpoint": {R: TEAM, OP: ANY},
    "ResumeEndpoint": {R: TEAM, OP: ANY},
    "DeleteEndpoint": {R: TEAM, OP: ANY},
    "TryEndpoint": {R: TEAM},
    "ReplayFeedback": {R: TEAM},
    "GetFeedback": {R: TEAM},
    "GetEndpoints": {R: TEAM, C: ANY, OP: ANY},
    "GetEndpointSecrets": {R: TEAM},
    "GetDeliveries": {R: TEAM, C: ANY, OP: ANY},
    # coordinator
    "PlanDuty": {C: ANY, OP: ANY},
    "CancelDuty": {C: ANY, OP: ANY},
    "PlanLeave": {C: ANY, OP: ANY},
    "NameDeputy": {C: ANY, OP: ANY},
    "CancelLeave": {C: ANY, OP: ANY},
    "FileComplaint": {C: ANY},
    "MoveComplaint": {C: ANY},
    "HandOverComplaint": {C: ANY, OP: ANY},
    "NoteCall": {C: ANY},
    "GetRestricted": {C: ANY},
    "StrandEvent": {R: TEAM},
    "SettleStranded": {C: ANY, OP: ANY, R: TEAM},
    "GetStranded": {C: ANY, OP: ANY},
    # link
    "GetPeers": {C: ANY, OP: ANY, S: ANY},
    "AskContact": {C: ANY, S: ANY},
    "SettleForgotten": {C: ANY, OP: ANY},
    # kernel
    "ReadLog": {S: ANY, OP: ANY},
    "GetMarks": {S: ANY, OP: ANY},
    "RetryParked": {OP: ANY},
    "GetState": {OP: ANY},
    "SetLogLevel": {OP: ANY},
}


def own_field(message: type[Command] | type[Query]) -> str | None:
    """The field that says whose it is, where a member may only do this in someone's name; else None."""
    rule = MAY.get(message.__name__, {}).get(Role.MEMBER)
    return "member_id" if rule == ACTING else None if rule in (ANY, PARTY) else rule


def allowed(actor: Actor, message: Command | Query) -> bool:
    """Whether the table lets this actor send this message.

    `PARTY` passes here, and so does `ACTING` where it says in whose name: whether the actor belongs
    to the match, or may act for that member, is known to the decider.
    """
    rule = MAY.get(type(message).__name__, {}).get(actor.role)
    if rule is None:
        return False
    if rule in (ANY, PARTY):
        return True
    if rule == TEAM:
        return actor.team is not None
    field = getattr(message, "member_id" if rule == ACTING else rule)
    if actor.member_id is None or field is None:
        return False
    return rule == ACTING or field in (actor.member_id, (actor.member_id,))

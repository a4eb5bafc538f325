"""Members: who takes part.

Owns    names, addresses, ways of contact, dates of birth, guardians and ties (in the vault);
        approval, capacity, pauses, age bands, guardians' consent, certificates of conduct,
        households, representation, leaving and erasure.
Takes   RegisterMember, ApproveMember, DeclineMember; ChangeCapacity, PauseHelping, ResumeHelping;
        NoteAgeBand, GiveGuardianConsent, WithdrawGuardianConsent, RecordVog; ChangeContactDetails,
        ChooseChannel, NameTie; JoinHousehold, LeaveHousehold, GrantRepresentation, EndRepresentation;
        LeaveMembership, EraseMember.
Emits   MemberRegistered, MemberApproved, MemberDeclined; CapacityChanged, MemberPaused, MemberResumed;
        AgeBandReached, GuardianConsentGiven, GuardianConsentWithdrawn, VogRecorded, VogReminded,
        VogLapsed; ContactDetailsChanged, ChannelChosen, CircleChanged; HouseholdJoined, HouseholdLeft,
        RepresentationGranted, RepresentationEnded; MemberLeft, MemberErased; ContactOpened,
        ContactClosed.
Follows exchange: while a match is confirmed, its two people may see how to reach each other.
Answers who people are (for those who may know), and who is too close to an asker (ids, no why).
Works   every hour: who had a birthday that matters.
"""

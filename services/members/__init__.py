"""Members: who takes part.

Owns    names, addresses, ways of contact and own circles (in the vault); approval; capacity.
Takes   RegisterMember, ApproveMember, DeclineMember, ChangeCapacity.
Emits   MemberRegistered, MemberApproved, MemberDeclined, CapacityChanged, ContactOpened, ContactClosed.
Follows exchange: while a match is confirmed, its two people may see how to reach each other.
Answers who people are (for those who may know), and who is too close to an asker (ids, no why).
"""

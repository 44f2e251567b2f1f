"""What a third party may ask for, in the words that people are asked in."""

SCOPES = {
    "profile": "See who it is acting for, and in which organisation",
    "members:read": "See who is in the organisation, and in which role",
    "sessions:read": "See where the organisation's members are signed in",
    "grants:read": "See which apps are connected, by whom, and what they may do",
    "events:read": "Read the organisation's security log",
    "revocations:read": "See what was ended in the organisation, and its receipts",
    "revocations:write": "End sessions, connected apps and client secrets of the organisation",
}

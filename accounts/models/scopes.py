"""What a third party may ask for, in the words that people are asked in."""

SCOPES = {
    "profile": "See who it is acting for, and in which organisation",
}

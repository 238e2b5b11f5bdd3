"""What stands for org and user in the index of the sequences, and in every question to it."""

SEQUENCE_KEY = "hashtextextended(user_id, hashtextextended(org_id, 0))"

"""What is said beside a code that confirms an address: our words, never those of who asks for it.

The address is not known to be theirs: words of their own would make us a sender of whatever they like.
"""

SUBJECT = "Your code to confirm this address"
LETTER = (
    "Somebody, most likely you, wants notifications to be sent to this address. The code below confirms "
    "it; it is valid for 15 minutes. If it was not you, ignore this message: nothing more will be sent."
)
SMS = (
    "Your code to confirm this number, valid for 15 minutes. If you did not ask for it, ignore it."
)

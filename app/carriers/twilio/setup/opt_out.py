"""STOP, HELP and START at Twilio: what its API does not say, and so has to be looked at by a person.

Twilio answers STOP, START and HELP by itself. Its words can be changed with Advanced Opt-Out, in the console alone:
no resource of the API reads or sets it (twilio.com/docs/messaging/tutorials/advanced-opt-out). The only trace is
`OptOutType` in the webhook of such a text, which comes once it is on.
"""

from app.carriers.base import Remedy

WHERE = "Messaging, Services, yours, Opt-Out Management"
BY_HAND = Remedy(
    "Twilio lets no program see or set what it answers to STOP, HELP and START (Advanced Opt-Out)",
    f"open it yourself in Twilio's console: {WHERE}. Enable Advanced Opt-Out and paste the three answers",
)

"""Setting up an account at Twilio, for `hotline golive`: looked at, shown, changed by API, and set back.

Nothing here asks a person or prints. Whatever costs money or changes something is a function of its own, to be called
only after a yes. Every function raises `access.Refused`, which says what is wrong and what to do.
"""

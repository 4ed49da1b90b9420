"""Twilio's errors as its API words them: an HTTP status, a code, a sentence."""

WORDS = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number"),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21602: (400, "Message body is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' phone number is not a valid, SMS-capable inbound phone number for your account"),
    21608: (400, "The number is unverified. Trial accounts cannot send messages to unverified numbers"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number is not a valid mobile number"),
    21659: (400, "'From' is not a Twilio phone number or Short Code country mismatch"),
    21660: (400, "Mismatch between the 'From' number and the account"),
    21661: (400, "'From' number is not SMS-capable"),
    21712: (400, "The phone number is not associated with the Messaging Service"),
    20008: (403, "Resource not accessible with Test Account Credentials"),
    90010: (401, "Account is not active"),
    20005: (401, "Account not active"),
    21404: (400, "Trial accounts are allowed only one Twilio number"),
    21403: (400, "Invalid HTTP method"),
    21421: (400, "PhoneNumber is invalid"),
    21422: (400, "The phone number is not available"),
    21502: (400, "SmsUrl is not a valid URL"),
    21631: (400, "Phone number requires an address"),
    21649: (400, "Phone number requires a regulatory bundle"),
    21710: (409, "Phone Number or Short Code is already in the Messaging Service"),
    21715: (400, "Phone Number does not have correct Messaging Service capabilities"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}


class Refused(Exception):
    """Twilio says no, with one of its codes."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.status, self.words = WORDS.get(code, (400, "Refused"))
        self.code = code

    @property
    def body(self) -> dict[str, object]:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.words, "more_info": more, "status": self.status}

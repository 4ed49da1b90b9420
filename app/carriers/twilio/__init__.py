"""Everything that is Twilio's."""

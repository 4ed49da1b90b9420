"""Pictures and voice messages on their way through the hotline: fetched, made harmless, kept, sent on."""

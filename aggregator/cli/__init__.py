"""What a person types and sees. Nothing here decides anything: it calls and prints."""

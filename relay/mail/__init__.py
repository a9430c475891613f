"""The mail room: leaving mails built to bytes, their check, the meaning of SMTP answers."""

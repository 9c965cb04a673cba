"""How do changes reach a program that does not ask? Signed POSTs of stretches of the log, in order."""

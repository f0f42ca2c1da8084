"""How English is read aloud; each file holds the rules of one kind of thing."""

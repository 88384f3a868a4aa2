"""How the tables came to be what they are: a revision a file, run by `schema.bring_up_to_date`."""

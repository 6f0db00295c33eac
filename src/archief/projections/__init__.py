"""Tables made from the log and thrown away at will: one ``.sql`` file each, and what runs them."""

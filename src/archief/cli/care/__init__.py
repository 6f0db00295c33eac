"""Back-up, restore and the drill."""

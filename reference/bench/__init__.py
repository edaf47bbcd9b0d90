"""How fast the reference is next to other implementations, and next to what the machine allows."""

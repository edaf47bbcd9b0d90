"""Cases about permessage-deflate."""

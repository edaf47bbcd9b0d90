"""``python -m ws_conformance`` is ``wsspec``."""

from .command import main

if __name__ == "__main__":
    main()

"""What does `python -m service.cli` run? The same as `samestory`."""

from service.cli import main

if __name__ == "__main__":
    main()

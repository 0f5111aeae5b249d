"""`python -m litwatch` is `litwatch`."""

from litwatch.cli import main

if __name__ == "__main__":
    main()

"""`python -m stockrecon`."""

from stockrecon.cli import main

if __name__ == "__main__":
    main()

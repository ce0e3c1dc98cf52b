"""The public face as it runs, with a front that is soon impatient: `python -m tests.public.impatient`."""

from heed.cli.running import serve
from heed.store.configuration import Configuration
from heed.store.home import home

PATIENCE = 0.5

if __name__ == "__main__":
    port = Configuration.load(home()).public_port
    serve("tests.public.impatient_face:application", port, workers=1, patience=10)

"""``python -m workers``: one worker process."""

from workers.main import main

main()

"""`python -m deploy`: the same as `resesignal`, for processes that this program starts itself."""

from deploy.cli import main

main()

"""`python -m deploy`: the same as `resesignal`, for processes that this program starts itself."""

from deploy.start import main

main()

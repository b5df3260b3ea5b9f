"""The roster (名单): its cases and sums, and files of it, read as people write them."""

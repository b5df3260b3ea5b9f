"""Following ledgers of a lower level (上下级账本): read, verified, noted, rolled up."""

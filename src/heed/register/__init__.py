"""The append-only record: entries, tree, checkpoints, receipts and the keys that seal them."""

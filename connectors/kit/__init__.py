"""What every connector needs and no vendor owns: transport, retry, tokens, batches, error tables."""

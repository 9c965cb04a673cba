"""What do readers see? Server-rendered pages over the same store and engine as the REST door."""

"""What do feed readers get? Stories as RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1, each event once."""

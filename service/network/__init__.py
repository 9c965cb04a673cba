"""How are other hosts called? At checked addresses, within limits of time and size."""

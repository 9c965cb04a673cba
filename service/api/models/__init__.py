"""What does the public JSON look like? One model per document; OpenAPI is generated from these.

Times are ISO 8601 in UTC. Spans are half-open ranges of code points in an article's original text.
"""

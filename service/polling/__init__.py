"""How do articles come in by themselves? Feeds that are polled: RSS, Atom, RDF and JSON Feed, politely."""

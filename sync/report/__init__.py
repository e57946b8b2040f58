"""HTML pages for people. A page is rendered from plain data, in Japanese or English, with nothing loaded from a network."""

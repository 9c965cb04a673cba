"""What do all tests of the text floor share?"""

from hypothesis import settings

# Patterns and tables are built when first needed, so the first example is slow.
settings.register_profile("text", deadline=None)
settings.load_profile("text")

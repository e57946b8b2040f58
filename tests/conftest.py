"""What holds for every test.

Property tests look for new examples on every run by hand and repeat the same ones in CI (`CI=true`), so that a change is
never refused for a fault that it did not bring. A find by hand becomes an `@example` beside the property.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

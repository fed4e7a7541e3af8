"""Looking at a page that forbids itself to evaluate text."""


def until(page, holds):
    """Wait for what a script says; Playwright's own waiting would have the page evaluate text, which it forbids."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(holds)

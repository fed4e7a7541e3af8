"""What is started here heeds signals, also where the tests themselves were started by `nohup` or with `&`."""

import signal

import pytest


@pytest.fixture(autouse=True)
def signals_are_heeded():
    heeded = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in heeded.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)

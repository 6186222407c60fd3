"""On SIGUSR1 a Python hangs as it does in native code that never returns: asleep, with the interpreter's lock held.

Python imports this by its name at each start, where this folder is in PYTHONPATH. Stopping a process (SIGSTOP) is no
stand-in for a hang: it leaves even the signal unheard that ends it.
"""

import ctypes
import signal

_FOR_EVER_S = 100_000

signal.signal(signal.SIGUSR1, lambda *_: ctypes.PyDLL(None).sleep(_FOR_EVER_S))

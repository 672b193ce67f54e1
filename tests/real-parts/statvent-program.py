"""A program that counts with statvent, on Python 2.7.

    statvent-program.py FOLDER JOBS

It keeps its pipe in the folder, and runs until it is ended.
"""

import sys
import time

from statvent import incr, record, set as set_stat, start_recorder
from statvent.stats import config

config["pipe_dir"] = sys.argv[1]
incr("jobs.done", int(sys.argv[2]))
incr("bytes: sent", 2 ** 40)
set_stat("share", 0.25)
for number in range(100):
    record("time.{0}", number)
start_recorder()
while True:
    time.sleep(1)

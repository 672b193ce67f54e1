# Reads a file again and again with mmstats' own reader, and says whether a counter ever fell, or was torn.
#
#     python mmstats-read.py FILE LABEL TIMES
#
# The counter's four parts of 16 bits are equal in every value that was ever written.
from __future__ import print_function

import sys

from mmstats.reader import MmStatsReader

path, label, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
before = 0
moved = 0
for turn in xrange(times):
    reader = MmStatsReader.from_mmap(path) if turn % 2 else MmStatsReader.from_file(path)
    now = dict(reader)[label]
    parts = set((now >> shift) & 0xffff for shift in (0, 16, 32, 48))
    if len(parts) != 1:
        sys.exit('torn: %#x' % now)
    if now < before:
        sys.exit('%d after %d' % (now, before))
    moved += now != before
    before = now
print(moved)

# Writes a file with every kind of field that mmstats has, then does what it is told, a line at a time.
#
#     python mmstats-write.py FOLDER
#
# Prints the path of the file. Then `count N` increments the counter N times as fast as Python can, `bye` ends.
from __future__ import print_function

import sys

import mmstats


class Everything(mmstats.MmStats):
    counter = mmstats.CounterField(label='jobs.counter')
    average = mmstats.AverageField()
    moving = mmstats.MovingAverageField()
    timer = mmstats.TimerField()
    u64 = mmstats.UInt64Field()
    u32 = mmstats.UIntField()
    i32 = mmstats.IntField()
    i16 = mmstats.ShortField()
    u16 = mmstats.UShortField()
    i8 = mmstats.ByteField()
    f32 = mmstats.FloatField()
    static_f32 = mmstats.StaticFloatField(value=0.5)
    f64 = mmstats.DoubleField()
    static_f64 = mmstats.StaticDoubleField(value=-0.25)
    yes = mmstats.BoolField()
    no = mmstats.BoolField()
    text = mmstats.StringField()
    short = mmstats.StringField(size=5)
    static_u32 = mmstats.StaticUIntField(value=2 ** 32 - 1)
    static_i64 = mmstats.StaticInt64Field(value=-2 ** 63)
    static_u64 = mmstats.StaticUInt64Field(value=2 ** 64 - 1)
    static_text = mmstats.StaticTextField(value='fixed')


stats = Everything(path=sys.argv[1], filename='python.mmstats', label_prefix='py.')
stats.counter.incr(41)
stats.counter.incr()
stats.average.add(1)
stats.average.add(2)
stats.moving.add(3)
stats.u64 = 2 ** 64 - 2
stats.u32 = 2 ** 32 - 2
stats.i32 = -2 ** 31
stats.i16 = -2 ** 15
stats.u16 = 2 ** 16 - 1
stats.i8 = -128
stats.f32 = 1.5
stats.f64 = 0.1
stats.yes = True
stats.text = u'\u00fc'
stats.short = 'longer than five'
print(stats.filename)
sys.stdout.flush()

for line in iter(sys.stdin.readline, ''):
    words = line.split()
    if words[0] == 'bye':
        break
    for _ in xrange(int(words[1])):
        stats.counter.incr()
    print('done')
    sys.stdout.flush()

// A backend for the real StatsD server: each flush as one line of JSON on its output, for a test to read.
exports.init = (startup, config, events) => {
  events.on('flush', (when, metrics) => {
    const { counters, gauges, timer_data } = metrics;
    console.log(JSON.stringify({ when, counters, gauges, timers: timer_data }));
  });
  return true;
};

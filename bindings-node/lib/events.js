'use strict';

// What happens beside the calls: warnings, and channels of node:diagnostics_channel.

const { channel } = require('node:diagnostics_channel');
const { settle } = require('./errors.js');

const refreshed = channel('rdsiam:refresh');
const failed = channel('rdsiam:refresh:failed');
const retried = channel('rdsiam:login:retry');

// Emits what has happened to a client of the addon since the last time.
function report(client) {
  emit(client.takeEvents());
}

function emit(events) {
  for (const { refreshFailed, code, message } of settle(events)) {
    if (!refreshFailed) process.emitWarning(message, 'RdsIamWarning');
    else if (failed.hasSubscribers) failed.publish({ code, message });
  }
}

module.exports = { emit, refreshed, report, retried };

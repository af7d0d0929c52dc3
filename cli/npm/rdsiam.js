#!/usr/bin/env node

// Starts the program of the package for this processor, and ends as it ends.

const { spawn } = require('node:child_process');

// That of the AWS CLI for errors of no other kind.
const GENERAL_ERROR = 255;

function find() {
  const name = `@rdsiam/cli-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${name}/rdsiam`);
  } catch {
    return fail(
      `${name} is not installed; @rdsiam/cli ships for Linux on x64 and arm64, and needs npm's optional dependencies`,
    );
  }
}

function fail(reason) {
  process.stderr.write(`rdsiam: ${reason}\n`);
  process.exitCode = GENERAL_ERROR;
}

function start(program) {
  // A terminal sends these to the program too.
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // After the handlers: a signal in between would end this process and leave the program running.
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
  child.on('error', (error) => fail(`${program} does not start: ${error.code}`));
  child.on('exit', (status, signal) => {
    if (signal === null) {
      process.exitCode = status;
    } else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

const program = find();
if (program !== undefined) start(program);

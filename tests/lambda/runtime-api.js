'use strict';

// The Runtime API of Lambda, as far as a runtime interface client needs it: hands out one event
// after the other and keeps the answers.

const http = require('node:http');

// Resolves to the address for AWS_LAMBDA_RUNTIME_API, and `answers`: a promise of one answer for
// each event, with `kind` "response" or "error".
async function serve(events) {
  const waiting = [...events.keys()];
  const answers = [];
  let done;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const server = http.createServer(async (request, response) => {
    if (request.url.endsWith('/invocation/next')) {
      const id = waiting.shift();
      // With no event left the client goes on waiting, as in a frozen environment.
      if (id === undefined) return;
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': String(id),
        'lambda-runtime-deadline-ms': String(Date.now() + 30_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:f',
        'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0',
      });
      response.end(JSON.stringify(events[id]));
      return;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const kind = request.url.split('/').pop();
    answers.push({ kind, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(202).end();
    // What fails before the first event, /init/error, is the end as well.
    if (answers.length === events.length || request.url.includes('/init/')) done(answers);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `127.0.0.1:${server.address().port}`, answers: all, close };
}

module.exports = { serve };

// node http-client.mjs http1|http2 PORT SCRIPT: makes the script's requests with undici, and prints what it saw, a line of JSON an exchange.

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Client, H2CClient } from 'undici';
import { fields, sha256 } from './seen.mjs';

const [kind, port, file] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const client = kind === 'http2' ? new H2CClient(origin, { pipelining: 100, maxConcurrentStreams: 100 }) : new Client(origin);

async function make({ id, method, path, headers, body, chunked, close }) {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body, 'base64');
  const { statusCode, headers: raw, body: answer, trailers } = await client.request({
    method, path,
    headers: [...headers.flat(), 'host', 'model.test', 'x-request-id', id],
    body: body === null ? null : chunked ? Readable.from(pieces(bytes)) : bytes,
    reset: close,
    responseHeaders: 'raw',
  });
  const received = Buffer.from(await answer.arrayBuffer());
  return {
    id,
    request: { length: bytes.length, hash: sha256(bytes) },
    response: { start: String(statusCode), fields: fields(raw), length: received.length, hash: sha256(received),
      trailers: kind === 'http2' ? undefined : fields(trailers) }, // undici does not tell those of HTTP/2
  };
}

function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += 1777) yield bytes.subarray(at, at + 1777);
}

const { inTurn, atOnce } = JSON.parse(readFileSync(file));
const seen = [];
for (const request of inTurn) seen.push(await make(request));
seen.push(...await Promise.all(atOnce.map(make)));
await client.close();
for (const exchange of seen) console.log(JSON.stringify(exchange));

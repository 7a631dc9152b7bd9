// node http-server.mjs http1|http2: a server that answers as the tests' server on ASP.NET Core does, and takes down what it saw.

import http from 'node:http';
import http2 from 'node:http2';
import { fields, requestFields, sha256, Tally } from './seen.mjs';

const tally = new Tally();
const isHttp2 = process.argv[2] === 'http2';
const server = isHttp2 ? http2.createServer() : http.createServer({ keepAliveTimeout: 300_000 });

server.on('request', (request, response) => {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const sent = answer(request, response, body);
    response.on('close', () => tally.add({
      id: request.headers['x-request-id'] ?? '',
      request: {
        start: `${request.method} ${request.url} HTTP/${isHttp2 ? '2' : request.httpVersion}`,
        fields: isHttp2 ? requestFields(request.rawHeaders) : fields(request.rawHeaders),
        length: body.length, hash: sha256(body),
      },
      response: {
        start: String(response.statusCode),
        fields: isHttp2 ? fields(request.stream.sentHeaders) : sentFields(response),
        length: sent.body.length, hash: sha256(sent.body),
        trailers: fields(isHttp2 ? request.stream.sentTrailers : sent.trailers),
      },
    }));
  });
});

/** Answers, and returns what it sends behind the head. */
function answer(request, response, body) {
  const url = new URL(request.url, 'http://model.test');
  if (url.pathname === '/status') {
    response.writeHead(Number(url.searchParams.get('code')), {}).end();
    return { body: Buffer.alloc(0) };
  }

  if (url.pathname !== '/echo') {
    response.writeHead(404).end('nothing here');
    return { body: Buffer.from('nothing here') };
  }

  const hash = sha256(body);
  const long = request.headers['x-long'];
  const head = { 'X-Saw': `${request.method} ${request.headers['content-length'] ?? '-'}`, 'X-Hash': hash, ...(long ? { 'X-Long': long } : {}) };
  const chunk = Number(url.searchParams.get('chunk'));
  if (!chunk) {
    response.writeHead(200, { ...head, 'Content-Length': body.length }).end(request.method === 'HEAD' ? undefined : body);
    return { body: request.method === 'HEAD' ? Buffer.alloc(0) : body };
  }

  response.writeHead(200, { ...head, Trailer: 'X-Trailer' });
  for (let at = 0; at < body.length; at += chunk) response.write(body.subarray(at, at + chunk));
  const trailers = { 'X-Trailer': hash };
  response.addTrailers(trailers);
  response.end();
  return { body, trailers };
}

// The head as it was written: the only place where the fields are that Node adds by itself.
const sentFields = response => fields(response._header.trimEnd().split('\r\n').slice(1)
  .flatMap(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));

server.listen(0, '127.0.0.1', () => tally.serve(server.address().port));

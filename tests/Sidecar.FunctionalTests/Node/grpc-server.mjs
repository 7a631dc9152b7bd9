// node grpc-server.mjs plain|gzip: the echo service on @grpc/grpc-js, which takes down what it saw: fields as HTTP/2 has them, messages as gRPC has them.

import http2 from 'node:http2';
import grpc from '@grpc/grpc-js';
import { definition } from './echo-service.mjs';
import { fields, requestFields, sha256, Tally } from './seen.mjs';

const tally = new Tally();
const messages = new Map(); // by request id: those of each side, as the service got and gave them

// What is below gRPC can be seen on the streams of the server that the library makes.
const create = http2.createServer;
http2.createServer = (...options) => create(...options).on('stream', (stream, headers, flags, raw) => {
  const id = headers['x-request-id'] ?? '';
  const seen = {}; // stays so where the library refuses a call by itself
  messages.set(id, seen);
  stream.on('close', () => tally.add({
    id,
    request: { start: `${headers[':method']} ${headers[':path']} HTTP/2`, fields: requestFields(raw), messages: seen.request },
    response: {
      start: String(stream.sentHeaders[':status']), fields: fields(stream.sentHeaders), messages: seen.response,
      trailers: fields(stream.sentTrailers),
    },
  }));
});

const told = bytes => `${bytes.length} ${sha256(bytes)}`;
const first = (call, name) => call.metadata.get(name)[0];

/** Starts a call: initial metadata, and the function that its answers go through. */
function begin(call) {
  const seen = messages.get(first(call, 'x-request-id'));
  seen.request = [];
  seen.response = [];
  const head = new grpc.Metadata();
  head.set('x-head', 'of the server');
  head.set('x-head-bin', Buffer.from([0, 255, 128, 7]));
  call.sendMetadata(head);
  return {
    received: bytes => (seen.request.push(told(bytes)), bytes),
    sent: bytes => (seen.response.push(told(bytes)), bytes),
  };
}

/** The end that the call asks for: null, or an error of a status; trailers either way. */
function end(call) {
  const trailers = new grpc.Metadata();
  trailers.set('x-done', 'yes');
  trailers.set('x-done-bin', Buffer.from('all of it'));
  const code = first(call, 'x-fail');
  return { trailers, failure: code === undefined ? null : { code: Number(code), details: first(call, 'x-fail-text') ?? '', metadata: trailers } };
}

/** The refusal that the call asks for, before anything is sent, so that the answer is one of trailers only. */
function refusal(call) {
  const code = first(call, 'x-refuse');
  return code === undefined ? null : { code: Number(code), details: first(call, 'x-fail-text') ?? '' };
}

const service = {
  Unary(call, done) {
    const refused = refusal(call);
    if (refused) return done(refused);
    const { received, sent } = begin(call);
    received(call.request);
    const { trailers, failure } = end(call);
    failure ? done(failure) : done(null, sent(call.request), trailers);
  },

  Collect(call, done) {
    const { received, sent } = begin(call);
    const parts = [];
    call.on('data', message => parts.push(received(message)));
    call.on('end', () => {
      const { trailers, failure } = end(call);
      failure ? done(failure) : done(null, sent(Buffer.concat(parts)), trailers);
    });
  },

  Repeat(call) {
    const { received, sent } = begin(call);
    received(call.request);
    for (let i = Number(first(call, 'x-count')); i > 0; i--) call.write(sent(call.request));
    finish(call);
  },

  Talk(call) {
    const { received, sent } = begin(call);
    call.on('data', message => call.write(sent(received(message))));
    call.on('end', () => { if (first(call, 'x-hold') === undefined) finish(call); });
  },
};

function finish(call) {
  const { trailers, failure } = end(call);
  failure ? call.emit('error', failure) : call.end(trailers);
}

const compression = process.argv[2] === 'gzip' ? grpc.compressionAlgorithms.gzip : grpc.compressionAlgorithms.identity;
const server = new grpc.Server({ 'grpc.default_compression_algorithm': compression });
const { Missing, ...served } = definition;
server.addService(served, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (failure, port) => {
  if (failure) throw failure;
  tally.serve(port);
});

// node grpc-client.mjs plain|gzip PORT SCRIPT: makes the script's calls with @grpc/grpc-js, and prints what it saw, a line of JSON a call.

import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import { definition } from './echo-service.mjs';
import { sha256 } from './seen.mjs';

const [kind, port, file] = process.argv.slice(2);
const Client = grpc.makeClientConstructor(definition, 'sidecar.test.Echo');
const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
  'grpc.default_authority': 'model.test',
  'grpc.default_compression_algorithm': kind === 'gzip' ? grpc.compressionAlgorithms.gzip : grpc.compressionAlgorithms.identity,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
});

const told = bytes => `${bytes.length} ${sha256(bytes)}`;

const lines = metadata => Object.keys(metadata.getMap()).flatMap(name => metadata.get(name)
  .map(value => `${name}: ${Buffer.isBuffer(value) ? value.toString('base64') : value}`));

function make({ id, method, metadata, messages, deadline, cancelAfter }) {
  const { requestStream, responseStream, path } = definition[method];
  const bytes = messages.map(message => Buffer.from(message, 'base64'));
  const sent = new grpc.Metadata();
  sent.set('x-request-id', id);
  for (const [name, value] of metadata) sent.add(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  const seen = {
    id,
    request: { start: `POST ${path} HTTP/2`, someFields: lines(sent), messages: [] },
    response: { start: '200', someFields: [], messages: [] },
  };
  return new Promise(resolve => {
    const options = deadline ? { deadline: Date.now() + deadline } : {};
    const answered = (_, message) => { if (message) seen.response.messages.push(told(message)); };
    const send = bytes => (seen.request.messages?.push(told(bytes)), bytes);
    const call = requestStream
      ? responseStream ? client[method](sent, options) : client[method](sent, options, answered)
      : responseStream ? client[method](send(bytes[0]), sent, options) : client[method](send(bytes[0]), sent, options, answered);
    call.on('metadata', metadata => seen.response.someFields.push(...lines(metadata)));
    call.on('status', ({ code, details, metadata }) => {
      if (code !== 0 && kind === 'gzip') seen.response.messages = undefined; // those that it still unpacks at a failure are lost to its caller
      seen.response.someFields.push(...lines(metadata), `grpc-status: ${code}`, ...(details && details !== 'OK' ? [`grpc-message: ${details}`] : []));
      resolve(seen);
    });
    call.on('error', () => { }); // the status tells it
    if (method === 'Missing') seen.request.messages = undefined; // may be refused before its message is out

    // In a talk each message waits for the answer to the one before.
    let next = 0;
    const talk = () => { if (next < bytes.length) call.write(send(bytes[next++])); else call.end(); };
    if (responseStream)
      call.on('data', message => {
        answered(null, message);
        if (requestStream) cancelAfter === seen.response.messages.length ? call.cancel() : talk();
      });
    if (requestStream && responseStream) talk();
    else if (requestStream) {
      for (const message of bytes) call.write(send(message));
      call.end();
    }
  });
}

const { inTurn, atOnce } = JSON.parse(readFileSync(file));
const seen = [];
for (const call of inTurn) seen.push(await make(call));
seen.push(...await Promise.all(atOnce.map(make)));
client.close();
for (const call of seen) console.log(JSON.stringify(call));

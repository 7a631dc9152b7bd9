// node triton-client.mjs plain|gzip PORT PROTOS ROWS: asks Triton for each row with @grpc/grpc-js and the protocol's public proto, in a call of its own and then in a
// stream a model; prints the answers, a line of JSON each.

import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [kind, port, protos, file] = process.argv.slice(2);
const { inference } = grpc.loadPackageDefinition(loader.loadSync('inference.proto', { includeDirs: [protos], keepCase: true, longs: Number }));
const client = new inference.GRPCInferenceService(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
  'grpc.default_compression_algorithm': kind === 'gzip' ? grpc.compressionAlgorithms.gzip : grpc.compressionAlgorithms.identity,
});

const request = ({ id, model, shape, values, raw }, typed) => ({
  model_name: model,
  id,
  inputs: [{ name: 'input', datatype: 'FP32', shape, ...(typed ? { contents: { fp32_contents: values } } : {}) }],
  raw_input_contents: typed ? [] : [Buffer.from(raw, 'base64')],
});

const tell = ({ id, outputs, raw_output_contents: raw }) => console.log(JSON.stringify({
  id,
  outputs: outputs.map(({ name, datatype }, i) => ({ name, datatype, raw: raw[i].toString('base64') })),
}));

const rows = JSON.parse(readFileSync(file));
for (const row of rows)
  await new Promise((resolve, reject) => client.ModelInfer(request(row, kind === 'plain'), (error, answer) => {
    if (error) return reject(error);
    tell(answer);
    resolve();
  }));

for (const model of new Set(rows.map(row => row.model)))
  await new Promise((resolve, reject) => {
    const left = rows.filter(row => row.model === model);
    const stream = client.ModelStreamInfer();
    const next = () => { if (left.length) stream.write(request(left.shift(), false)); else stream.end(); };
    stream.on('data', ({ error_message: error, infer_response: answer }) => {
      if (error) return reject(new Error(error));
      tell(answer);
      next();
    });
    stream.on('error', reject);
    stream.on('end', resolve);
    next();
  });
client.close();

// The service of the gRPC tests: messages are bytes, and what happens to them is said by the call's metadata.

const asIs = bytes => Buffer.from(bytes);

const method = (name, requestStream, responseStream) => ({
  path: `/sidecar.test.Echo/${name}`, requestStream, responseStream,
  requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
});

export const definition = {
  Unary: method('Unary', false, false),
  Collect: method('Collect', true, false),
  Repeat: method('Repeat', false, true),
  Talk: method('Talk', true, true),
  Missing: method('Missing', false, false),
};

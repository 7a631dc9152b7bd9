// Sends so many spans with OpenTelemetry's exporter for JavaScript, which speaks JSON over HTTP.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const [url, count] = process.argv.slice(2);
let failed = 0;
const exporter = new OTLPTraceExporter({ url, headers: { 'x-tenant': 'node' } });
const counting = {
  export: (spans, done) => exporter.export(spans, (result) => { failed += result.code; done(result); }),
  shutdown: () => exporter.shutdown(),
  forceFlush: () => exporter.forceFlush(),
};
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(counting)] });
const tracer = provider.getTracer('node');
for (let i = 0; i < Number(count); i++) {
  const span = tracer.startSpan(`js ${i}`, { attributes: { text: 'tëxt', number: 1.5, flag: true, list: ['a', 'b'], big: 2 ** 40 } });
  span.addEvent('happened', { why: 'test' });
  span.end();
}
await provider.forceFlush();
await provider.shutdown();
console.log(failed);

// Talks to an OpenAI-compatible server with OpenAI's own library, and prints what the library gave it, as JSON.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'count ☃' }];
const saw = {};

async function stream(name, options, stopAfter = Infinity) {
  const seen = { chunks: 0, text: '', finish_reason: null, usage: null, model: null };
  for await (const chunk of await client.chat.completions.create({ model: 'counter', messages, stream: true, ...options })) {
    seen.chunks++;
    seen.model = chunk.model;
    seen.text += chunk.choices[0]?.delta?.content ?? '';
    seen.finish_reason = chunk.choices[0]?.finish_reason ?? seen.finish_reason;
    seen.usage = chunk.usage ?? seen.usage;
    if (seen.chunks === stopAfter) break;
  }
  saw[name] = seen;
}

await stream('usage', { max_tokens: 20, stream_options: { include_usage: true } });
await stream('plain', { max_tokens: 7 });
await stream('aborted', { max_tokens: 100000 }, 3);
const whole = await client.chat.completions.create({ model: 'counter', messages });
saw.whole = { usage: whole.usage, finish_reason: whole.choices[0].finish_reason, model: whole.model };
const embeddings = await client.embeddings.create({ model: 'counter', input: ['a', 'b'] });
saw.embeddings = { vectors: embeddings.data.map(item => Array.from(item.embedding)), usage: embeddings.usage };
try {
  await client.chat.completions.create({ model: 'nobody', messages });
} catch (error) {
  saw.error = { status: error.status, code: error.code };
}
console.log(JSON.stringify(saw));

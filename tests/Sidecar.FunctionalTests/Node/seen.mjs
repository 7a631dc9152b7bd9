// An exchange as one of its parties tells it, in the form that the tests compare.

import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex').toUpperCase();

/** Names and values in turns, or an object of them, as sorted lines "name: value" without HTTP/2's pseudo-header fields. */
export function fields(raw) {
  const pairs = [];
  if (Array.isArray(raw))
    for (let i = 0; i < raw.length; i += 2) pairs.push([String(raw[i]), String(raw[i + 1])]);
  else
    for (const [name, value] of Object.entries(raw ?? {}))
      for (const one of Array.isArray(value) ? value : [value]) pairs.push([name, String(one)]);
  return pairs.filter(([name]) => !name.startsWith(':')).map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();
}

/** Fields of an HTTP/2 request: its authority is what HTTP/1.1 calls host. */
export function requestFields(raw) {
  const at = raw.indexOf(':authority');
  return fields(at < 0 ? raw : [...raw, 'host', raw[at + 1]]);
}

/** What a server saw, each exchange with how often it was seen alike; told and forgotten at every line on the standard input. */
export class Tally {
  #seen = new Map();

  add(exchange) {
    const key = JSON.stringify(exchange);
    this.#seen.set(key, (this.#seen.get(key) ?? 0) + 1);
  }

  /** Says where the server listens, then serves the tally until the standard input ends, which also ends the process. */
  serve(port) {
    console.log(port);
    createInterface({ input: process.stdin })
      .on('line', () => {
        console.log(JSON.stringify([...this.#seen].map(([key, count]) => ({ exchange: JSON.parse(key), count }))));
        this.#seen.clear();
      })
      .on('close', () => process.exit());
  }
}

/**
 * Functions of Rego that OPA does not compile into a module but asks its host for. A verdict may depend on nothing but the pack and its
 * input (it is cached, recorded and replayed), so a pack that asks for the time, chance, the network or anything unknown is not started.
 */
import { z } from 'zod';

/** What the library answers, all of it functions of their arguments alone. */
const known = new Set(['json.is_valid', 'regex.split', 'sprintf', 'yaml.is_valid', 'yaml.marshal', 'yaml.unmarshal']);

/** The part of a module that the ABI of OPA promises (WebAssembly ABI 1.2): where a JSON text with its host functions begins. */
const Exports = z.object({
  builtins: z.custom<() => number>((value) => typeof value === 'function'),
  opa_json_dump: z.custom<(address: number) => number>((value) => typeof value === 'function'),
});

/** The library's policy, which does not say what its module is. */
interface Started {
  wasmInstance: object;
  mem: { buffer: ArrayBuffer };
}

/** Names of the functions that a module asks its host for. */
export function calledFunctions({ wasmInstance, mem }: Started): string[] {
  const { builtins, opa_json_dump: dump } = Exports.parse(Reflect.get(wasmInstance, 'exports'));
  const start = dump(builtins());
  const memory = new Uint8Array(mem.buffer);
  const text = new TextDecoder().decode(memory.subarray(start, memory.indexOf(0, start)));
  return Object.keys(z.record(z.string(), z.number()).parse(JSON.parse(text)));
}

/** Throws when a module asks for a function whose answer is not the same every time, or that nobody provides. */
export function requireKnownCalls(names: readonly string[]): void {
  const unknown = names.filter((name) => !known.has(name)).sort();
  if (unknown.length > 0) {
    throw new Error(
      `Its rules call ${unknown.join(', ')}; a verdict may not depend on time, chance, the network or other functions of a host.`,
    );
  }
}

/** Reads a V8 CPU profile of the measured host and adds up where its one thread spent its time. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Profile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** The first pattern that fits `url function` names the area. */
const areas: [area: string, pattern: RegExp][] = [
  ['garbage collection', /\(garbage collector\)/],
  ['idle', /\(idle\)/],
  ['table: conditions, SQLite, commit', /shared\/embedded\/(sqlite|small-blobs)|shared\/port\/table-rules|lru-cache/],
  ['signing and verifying', /node:internal\/crypto|shared\/receipt/],
  ['schemas (zod, ajv)', /node_modules\/(zod|ajv)/],
  ['canonical JSON', /canonicalize|canonical-json/],
  ['phase interpreter', /aws-local-stepfunctions|jsonpath-plus|statemachines/],
  ['policy (OPA wasm)', /wasm:|opa-wasm|\/policy\/|shared\/decision/],
  ['HTTP: sockets, parsing, streams', /node:(_http|net|internal\/(streams|http|net|stream_base))|find-my-way|writeUtf8String/],
  ['request pipeline', /\/(functions|cli)\//],
  ['engine: admit, dispatch, complete, seal', /shared\/(execution|manifest|plan|package|core|tenant)|runner\/simulated/],
  ['start-up: loading, building the catalog', /node:internal\/(modules|process)|amaro|catalog\/|wrapSafe|compileSourceText/],
];

export interface AreaShare {
  area: string;
  ms: number;
  share: number;
}

/** Self time by area, largest first; idle time is left out of the shares. */
export function whereTimeGoes(path: string): AreaShare[] {
  const profile = Profile.parse(JSON.parse(readFileSync(path, 'utf8')));
  const areaOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameArea(`${callFrame.url} ${callFrame.functionName}`)]));
  const sums = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const area = areaOf.get(id) ?? 'other';
    sums.set(area, (sums.get(area) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1_000);
  });
  sums.delete('idle');
  const total = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  return [...sums].map(([area, ms]) => ({ area, ms: Math.round(ms), share: ms / total })).sort((a, b) => b.ms - a.ms);
}

function nameArea(frame: string): string {
  return areas.find(([, pattern]) => pattern.test(frame))?.[0] ?? 'other';
}

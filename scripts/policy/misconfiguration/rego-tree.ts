/** The syntax trees of a pack as OPA parses them: what the guard looks at, so that no comment, text or layout can fool it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { runOpa } from '../find-opa.ts';
import { regoFiles } from '../pack-annotations.ts';
import { readPackManifest } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';

const Term = z.looseObject({ type: z.string(), value: z.json().optional() });
const Location = z.object({ row: z.int() });

const Annotations = z.looseObject({ scope: z.string() });

const Rule = z.object({
  default: z.boolean().default(false),
  head: z.object({ ref: z.array(Term).min(1), args: z.array(Term).optional(), key: Term.optional(), value: Term.optional() }),
  body: z.array(z.json()),
  else: z.json().optional(),
  location: Location,
  annotations: z.array(Annotations).default([]),
});

const RegoFile = z.object({
  package: z.object({ path: z.array(Term), location: Location.optional() }),
  imports: z.array(z.object({ alias: z.string().optional(), path: z.object({ value: z.array(Term) }), location: Location })).default([]),
  rules: z.array(Rule).default([]),
});

export type Rule = z.infer<typeof Rule>;

/** One file of rules. `place` names a line of it as an editor does. */
export interface RegoFile extends z.infer<typeof RegoFile> {
  packagePath: string;
  place: (row: number) => string;
}

export interface PackTree {
  pack: PackSources;
  files: RegoFile[];
  /** What the pack's own data says, data.json. */
  data: JsonObject;
}

const isObject = (json: Json | undefined): json is JsonObject => typeof json === 'object' && json !== null && !Array.isArray(json);

const Named = z.object({ value: z.string() });

/** What a term is called: the name of a variable, the text of a string; empty for everything else. */
export const nameOf = (term: unknown): string => Named.safeParse(term).data?.value ?? '';

/**
 * One file as OPA parses it. OPA parses v1 only, so rules of v0 are rewritten first, by OPA too: what they mean stays, and the lines are
 * those of the rewritten file.
 */
function parseFile(opa: string, pack: PackSources, file: string): { tree: unknown; isRewritten: boolean } {
  const parse = (path: string): unknown =>
    JSON.parse(runOpa(opa, ['parse', '--format', 'json', '--json-include', 'locations,-comments', path], { cwd: pack.folder }));
  if (readPackManifest(pack).regoVersion === 1) return { tree: parse(file), isRewritten: false };
  const folder = mkdtempSync(join(tmpdir(), 'mc-rego-'));
  try {
    const input = readFileSync(join(pack.folder, file), 'utf8');
    writeFileSync(join(folder, file), runOpa(opa, ['fmt', '--v0-compatible', '--v0-v1'], { cwd: folder, input }));
    return { tree: parse(join(folder, file)), isRewritten: true };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The tree of every file of rules; throws when OPA cannot parse one. */
export function parsePack(opa: string, pack: PackSources): PackTree {
  const files = regoFiles(pack.bundled).map((file): RegoFile => {
    const { tree, isRewritten } = parseFile(opa, pack, file);
    const parsed = RegoFile.parse(tree);
    const path = relative('.', join(pack.folder, file));
    const suffix = isRewritten ? ' of the file as `opa fmt --v0-v1` writes it' : '';
    return { ...parsed, packagePath: parsed.package.path.map(nameOf).join('.'), place: (row) => `${path}:${row}${suffix}` };
  });
  const data = pack.bundled.includes('data.json')
    ? z.record(z.string(), z.json()).parse(JSON.parse(readFileSync(join(pack.folder, 'data.json'), 'utf8')))
    : {};
  return { pack, files, data };
}

/** The first part of what a rule is called: `limits` for `limits.hosts := …` too. */
export const ruleName = ({ head }: Rule): string => nameOf(head.ref[0]);

/** Every object of a tree, each with the line it begins on. */
export function* walkTree(json: Json, row: number): Generator<{ node: JsonObject; row: number }> {
  if (Array.isArray(json)) {
    for (const item of json) yield* walkTree(item, row);
  } else if (isObject(json)) {
    const own = rowOf(json, row);
    yield { node: json, row: own };
    for (const [name, child] of Object.entries(json)) if (name !== 'location' && name !== 'annotations') yield* walkTree(child, own);
  }
}

/** The line a node begins on, or that of what it is part of. */
export function rowOf(node: JsonObject, row: number): number {
  return Location.safeParse(node['location']).data?.row ?? row;
}

/** A rule as a tree to walk. */
export function treeOf(rule: Rule): JsonObject {
  return z.record(z.string(), z.json()).parse({ ...rule, annotations: [] });
}

/** The parts of a reference such as `input.task[i].id`; undefined for anything else. */
export function refParts(term: Json | undefined): JsonObject[] | undefined {
  if (!isObject(term) || term['type'] !== 'ref' || !Array.isArray(term['value'])) return undefined;
  return term['value'].filter(isObject);
}

/** What a node calls, as `time.now_ns`, and with what; undefined when it calls nothing. */
export function callOf(node: JsonObject): { name: string; args: Json[] } | undefined {
  const terms = node['type'] === 'call' ? node['value'] : node['terms'];
  if (!Array.isArray(terms)) return undefined;
  const [operator, ...args] = terms;
  const parts = refParts(operator);
  return parts && { name: parts.map(nameOf).join('.'), args };
}

/** The same text for trees that differ only in where they stand. */
export function shapeOf(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'location' ? undefined : value));
}

/** Whether the body says nothing but `true`, so that the rule holds whatever the input. */
export function isUnconditional({ body, else: other }: Rule): boolean {
  return other === undefined && shapeOf(body) === shapeOf([{ index: 0, terms: { type: 'boolean', value: true } }]);
}

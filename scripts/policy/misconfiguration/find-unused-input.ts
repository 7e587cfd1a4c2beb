import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { readPackManifest } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';
import type { Finding } from './finding.ts';
import { callOf, nameOf, refParts, rowOf, treeOf, type PackTree } from './rego-tree.ts';

/** A part of the input that a rule refers to: `['tenant', 'budget', 'day']`. */
interface Use {
  path: string[];
  place: string;
}

/** What every pack is shown, listed or not. */
const always = ['request.point', 'tenant.id'];

const Text = z.object({ type: z.literal('string'), value: z.string() });
const Keys = z.object({ type: z.literal('array'), value: z.array(Text) });

/** The names up to the first that only the evaluation knows: `input.workflow.tasks[i].id` is `workflow.tasks`. */
function inputPath(term: Json | undefined): string[] | undefined {
  const [root, ...parts] = refParts(term) ?? (isInput(term) ? [term] : []);
  if (!isInput(root)) return undefined;
  const unknown = parts.findIndex((part) => !Text.safeParse(part).success);
  return parts.slice(0, unknown === -1 ? undefined : unknown).map(nameOf);
}

function isInput(term: Json | undefined): term is JsonObject {
  return typeof term === 'object' && term !== null && !Array.isArray(term) && term['type'] === 'var' && term['value'] === 'input';
}

/** `object.get(input.tenant.data, "budget", {})` refers to what it gets, not to all that it gets it from. */
function gottenPath(node: JsonObject): string[] | undefined {
  const call = callOf(node);
  if (call?.name !== 'object.get') return undefined;
  const [from, key] = call.args;
  const base = typeof from === 'object' && from !== null && !Array.isArray(from) ? (gottenPath(from) ?? inputPath(from)) : undefined;
  const name = Text.safeParse(key).data;
  const names = name ? [name] : Keys.safeParse(key).data?.value;
  return base && names && [...base, ...names.map(({ value }) => value)];
}

function collect(json: Json, row: number, place: (row: number) => string): Use[] {
  if (Array.isArray(json)) return json.flatMap((item) => collect(item, row, place));
  if (typeof json !== 'object' || json === null) return [];
  const own = rowOf(json, row);
  const gotten = gottenPath(json);
  if (gotten) return [{ path: gotten, place: place(own) }, ...collect(callOf(json)?.args.slice(1) ?? [], own, place)];
  const path = inputPath(json);
  const inner = path ? (refParts(json) ?? []).slice(1) : Object.values(json);
  return [...(path ? [{ path, place: place(own) }] : []), ...inner.flatMap((child) => collect(child, own, place))];
}

const isWithin = (path: readonly string[], part: string): boolean => part.split('.').every((name, index) => path[index] === name);
const isAround = (path: readonly string[], part: string): boolean => path.every((name, index) => part.split('.')[index] === name);

/** Reads that the author has listed; a pack that lists none is shown everything, and asked for nothing. */
function listedReads({ folder }: PackSources): readonly string[] | undefined {
  const manifest = z.object({ metadata: z.object({ reads: z.array(z.string()).optional() }).optional() });
  return manifest.parse(JSON.parse(readFileSync(join(folder, '.manifest'), 'utf8'))).metadata?.reads;
}

function placeInManifest({ folder }: PackSources, part: string): string {
  const path = join(folder, '.manifest');
  const lines = readFileSync(path, 'utf8').split('\n');
  const from = lines.findIndex((line) => line.includes('"reads"'));
  const row = lines.findIndex((line, index) => index >= from && line.includes(JSON.stringify(part)));
  return `${relative('.', path)}:${row + 1}`;
}

function unseen({ path, place }: Use, pack: PackSources, reads: readonly string[]): Finding[] {
  const [first, second, section] = path;
  const finding = { code: 'unused-input', place } as const;
  if (first === 'tenant' && second === 'data' && section !== undefined && section !== pack.name) {
    const message = `a rule refers to input.tenant.data.${section}, but a pack sees only its own section, ${pack.name}`;
    return [{ ...finding, message, fix: `Read input.tenant.data.${pack.name}.` }];
  }
  if ([...always, ...reads].some((part) => isWithin(path, part) || isAround(path, part))) return [];
  const part = path.slice(0, 2).join('.');
  const message = `a rule refers to input.${part}, which is not in metadata.reads: it is never there`;
  return [{ ...finding, message, fix: 'Add it to metadata.reads in .manifest, or leave it out of the rule.' }];
}

/** Parts of the input that the pack asks for and no rule looks at, and parts that a rule looks at and the pack is never shown. */
export function findUnusedInput({ pack, files }: PackTree): Finding[] {
  const uses = files.flatMap(({ rules, place }) => rules.flatMap((rule) => collect(treeOf(rule), rule.location.row, place)));
  const counting = uses.filter(({ path }) => !always.some((part) => isWithin(path, part)));
  const unused = (listedReads(pack) ?? []).filter((part) => !counting.some(({ path }) => isWithin(path, part) || isAround(path, part)));
  const { reads } = readPackManifest(pack).metadata;
  return [
    ...unused.map((part) => ({
      code: 'unused-input' as const,
      place: placeInManifest(pack, part),
      message: `metadata.reads lists ${part}, and no rule refers to it (${always.join(' and ')} are there anyway)`,
      fix: 'Take it out: a pack that sees less is faster, and leaks less.',
    })),
    ...uses.flatMap((use) => unseen(use, pack, reads)),
  ];
}

/** Looks at a `bundle.tar.gz` of any origin. What is missing, unknown or contradictory is reported, all of it at once, never guessed. */
import { z } from 'zod';
import { digestBytes } from '../../shared/core/digest.ts';
import type { Issue } from '../../shared/core/issue.ts';
import { issuesOfZod } from '../../shared/core/zod-issues.ts';
import type { PolicyKey } from '../../shared/tenant/tenant.ts';
import { BundleJsonError, parseBundleJson } from './bundle-json.ts';
import { moduleIssues } from './module-rules.ts';
import { BundleManifest, metadataDefaults as defaults, PackName, type PolicyBundle } from './policy-bundle.ts';
import { findV0Rule } from './rego-version.ts';
import { archiveLimits, untar } from './untar.ts';
import { signaturesFile, verifySignatures } from './verify-signatures.ts';

/** Who answers for a bundle: one of these keys, or somebody who already compared its digest with one that is trusted. */
export type BundleTrust = { keys: readonly PolicyKey[] } | 'digest';

export interface InspectedBundle {
  /** Undefined exactly when there is an issue. */
  bundle: PolicyBundle | undefined;
  /** The key that signed it, when its signature was asked for and holds. */
  keyId: string | undefined;
  issues: Issue[];
  /** The files by name; empty when the archive cannot be read, or holds more rules than anybody should read. */
  files: ReadonlyMap<string, Uint8Array>;
}

const Data = z.record(z.string(), z.json());

type Files = ReadonlyMap<string, Uint8Array>;
type Read<T> = { value: T; issues: [] } | { value: undefined; issues: Issue[] };

function issue(code: string, file: string, message: string, more: Partial<Issue> = {}): Issue {
  return { code, pointer: `/${file}`, message, ...more };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function missingFile(file: string): Issue {
  return issue('file-missing', file, `The file ${file} is missing.`, {
    fix: 'Build the bundle with `opa build -t wasm`, which writes it.',
  });
}

function readJson<T>(files: Files, file: string, schema: z.ZodType<T>): Read<T> {
  const bytes = files.get(file);
  if (!bytes) return { value: undefined, issues: [missingFile(file)] };
  let raw: unknown;
  try {
    raw = parseBundleJson(file, bytes);
  } catch (error) {
    if (error instanceof BundleJsonError) return { value: undefined, issues: [error.issue] };
    throw error;
  }
  const result = schema.safeParse(raw);
  if (result.success) return { value: result.data, issues: [] };
  const found = issuesOfZod(result.error, raw);
  const issues = found.map((one) => ({
    ...one,
    pointer: `/${file}${one.pointer}`,
    message: `${file}: ${one.pointer || 'it'} ${one.message}`,
  }));
  return { value: undefined, issues };
}

/** The pack is named by its entry point, `mc/<name>/verdict`, which must lie under the only root of the bundle. */
function readName({ wasm: [{ entrypoint }], roots }: BundleManifest): Read<PackName> {
  const name = PackName.safeParse(/^mc\/([^/]+)\/verdict$/.exec(entrypoint)?.[1]);
  if (!name.success) {
    const message = `The entry point is ${JSON.stringify(entrypoint)}, allowed is mc/<pack>/verdict.`;
    return { value: undefined, issues: [issue('entry-point', '.manifest/wasm/0/entrypoint', message, { got: entrypoint })] };
  }
  if (roots.join() === `mc/${name.data}`) return { value: name.data, issues: [] };
  const message = `The roots are ${JSON.stringify(roots)}, allowed is mc/${name.data} alone.`;
  return { value: undefined, issues: [issue('roots', '.manifest/roots', message, { allowed: `["mc/${name.data}"]` })] };
}

function strangeFiles(files: Files): Issue[] {
  const known = ['.manifest', signaturesFile, 'policy.wasm', 'data.json'];
  const strange = [...files.keys()].filter((file) => !known.includes(file) && !file.endsWith('.rego'));
  const allowed = `${known.join(', ')} and *.rego`;
  const fix = 'Leave it out with `opa build --ignore` and build the bundle again.';
  return strange.map((file) => issue('file-unknown', file, `The file ${file} does not belong in a bundle.`, { got: file, allowed, fix }));
}

/** Reading rules takes the thread that serves all tenants, and a hundred packed kilobytes of them could take it for minutes. */
function tooManyRules(files: Files): Issue[] {
  const { ruleBytes } = archiveLimits;
  const bytes = [...files].reduce((sum, [file, { byteLength }]) => sum + (file.endsWith('.rego') ? byteLength : 0), 0);
  if (bytes <= ruleBytes) return [];
  const message = `The rules of the bundle have ${bytes} bytes, at most ${ruleBytes} are allowed for all *.rego files together.`;
  const fix = 'Keep lists in data.json, and leave tests out with `opa build --ignore "*_test.rego"`.';
  return [{ code: 'rules-too-large', pointer: '', message, got: `${bytes} bytes`, allowed: `at most ${ruleBytes} bytes`, fix }];
}

/** A bundle that calls itself v1 holds rules of v1; rules of v0 would mean something else to whoever builds it again. */
function regoIssues(files: Files, manifest: BundleManifest | undefined): Issue[] {
  if (manifest?.rego_version !== 1) return [];
  const rules = [...files].filter(([file]) => file.endsWith('.rego'));
  return rules.flatMap(([file, bytes]) => {
    const line = findV0Rule(new TextDecoder().decode(bytes));
    if (line === undefined) return [];
    const message = `The file ${file} is written in Rego v0, but the bundle says rego_version 1.`;
    const fix = 'Say "rego_version": 0 in .manifest and build the bundle again, or write `if` and `contains` as Rego v1 wants them.';
    return [issue('rego-version', file, message, { line, got: '1', allowed: '0', fix })];
  });
}

async function signatureOf(files: Files, trust: BundleTrust): Promise<{ keyId: string | undefined; issues: Issue[] }> {
  return trust === 'digest' ? { keyId: undefined, issues: [] } : verifySignatures(files, trust.keys);
}

async function inspectFiles(files: Files, trust: BundleTrust): Promise<Omit<InspectedBundle, 'files' | 'bundle'> & { parts: Parts }> {
  const manifest = readJson(files, '.manifest', BundleManifest);
  const name: Read<PackName> = manifest.value ? readName(manifest.value) : { value: undefined, issues: [] };
  const data = files.has('data.json') ? readJson(files, 'data.json', Data) : { value: {}, issues: [] };
  const wasm = files.get('policy.wasm');
  const missing = wasm ? [] : [missingFile('policy.wasm')];
  const found = [strangeFiles(files), manifest.issues, name.issues, data.issues, missing, wasm ? moduleIssues(wasm) : []].flat();
  const signature = await signatureOf(files, trust);
  // What a file must hold may be wrong twice over, for us and for its signature; once is enough to read.
  const signed = signature.issues.filter(({ code, pointer }) => !found.some((one) => one.code === code && one.pointer === pointer));
  const issues = [...found, ...regoIssues(files, manifest.value), ...signed];
  return { keyId: signature.keyId, issues, parts: { manifest: manifest.value, name: name.value, data: data.value, wasm } };
}

interface Parts {
  manifest: BundleManifest | undefined;
  name: PackName | undefined;
  data: PolicyBundle['data'] | undefined;
  wasm: Uint8Array | undefined;
}

function assemble(archive: Uint8Array, { manifest, name, data, wasm }: Parts): PolicyBundle | undefined {
  if (!manifest || !name || !data || !wasm) return undefined;
  const { title = name, version = defaults.version, points = defaults.points, reads = defaults.reads } = manifest.metadata ?? {};
  const about = { name, title, version, points, reads, digest: digestBytes(archive), revision: manifest.revision };
  return { ...about, regoVersion: manifest.rego_version, entrypoint: manifest.wasm[0].entrypoint, data, wasm };
}

/** Inspects a bundle and reports every problem of its files, its rules and its signature; throws for nothing that is in the bytes. */
export async function inspectBundle(archive: Uint8Array, trust: BundleTrust): Promise<InspectedBundle> {
  let files: Files;
  try {
    files = await untar(archive);
  } catch (error) {
    const allowed = 'a gzipped tar, as `opa build` makes it';
    const fix = 'Build the bundle again with `opa build -t wasm … -o bundle.tar.gz`.';
    const issues = [{ code: 'archive', pointer: '', message: `The archive cannot be read: ${textOf(error)}.`, allowed, fix }];
    return { bundle: undefined, keyId: undefined, issues, files: new Map() };
  }
  const tooMany = tooManyRules(files);
  if (tooMany.length > 0) return { bundle: undefined, keyId: undefined, issues: tooMany, files: new Map() };
  const { keyId, issues, parts } = await inspectFiles(files, trust);
  return { bundle: issues.length === 0 ? assemble(archive, parts) : undefined, keyId, issues, files };
}

/**
 * Looks at a bundle that a tenant wants to use: what every bundle must be (policy/engine/inspect-bundle.ts), and what a pack must say about itself,
 * so that whoever is denied by it can read why and what to do.
 */
import { digestBytes } from '../../shared/core/digest.ts';
import type { Issue } from '../../shared/core/issue.ts';
import type { PackEntry } from '../../shared/policy-catalog/pack-entry.ts';
import type { BundleInspection, ReadPack, TrustedKey } from '../../shared/port/pack-library.ts';
import { BundleJsonError, parseBundleJson } from '../engine/bundle-json.ts';
import { inspectBundle, type BundleTrust } from '../engine/inspect-bundle.ts';
import { listedFileIssues } from '../engine/verify-signatures.ts';
import { BundleManifest, metadataDefaults, PackName } from '../engine/policy-bundle.ts';
import { readRegoNotes } from './rego-notes.ts';

type Files = ReadonlyMap<string, Uint8Array>;

const decoder = new TextDecoder();

/** JSON of a file, or undefined: what is wrong with it was reported by whoever inspected the bundle. */
function parsed(files: Files, file: string): unknown {
  try {
    return parseBundleJson(file, files.get(file) ?? Buffer.of());
  } catch (error) {
    if (error instanceof BundleJsonError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is PackEntry['data'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `data.mc.<name>` of the bundle. */
function dataOf(files: Files, name: string): PackEntry['data'] {
  const all = parsed(files, 'data.json');
  const mc = isObject(all) ? all['mc'] : undefined;
  const own = isObject(mc) ? mc[name] : undefined;
  return isObject(own) ? own : {};
}

function missing(field: string, allowed: string): Issue {
  const pointer = `/.manifest/metadata/${field}`;
  return {
    code: 'pack-metadata',
    pointer,
    message: `metadata of .manifest says no ${field}`,
    allowed,
    fix: 'Add it to .manifest and build the bundle again.',
  };
}

function undeclared({ metadata = {} }: BundleManifest): Issue[] {
  return [
    ...(metadata.version === undefined ? [missing('version', 'a semantic version such as 1.0.0')] : []),
    ...(metadata.goldens === undefined ? [missing('goldens', 'at least one case that is allowed and one that is denied')] : []),
  ];
}

interface Described {
  pack: ReadPack;
  issues: Issue[];
  warnings: Issue[];
}

function describePack(manifest: BundleManifest, name: string, { archive, files }: { archive: Uint8Array; files: Files }): Described {
  const sources = [...files].filter(([file]) => file.endsWith('.rego'));
  const { title, description, rules, gaps } = readRegoNotes(
    name,
    sources.map(([file, bytes]) => ({ file, text: decoder.decode(bytes) })),
  );
  const { metadata = {}, rego_version: regoVersion } = manifest;
  const { version, points, reads } = metadataDefaults;
  const entry: PackEntry = {
    name,
    title: metadata.title ?? title ?? name,
    description: description ?? '',
    version: metadata.version ?? version,
    points: metadata.points ?? [...points],
    reads: metadata.reads ?? reads,
    rules,
    data: dataOf(files, name),
    examples: metadata.goldens ?? [],
  };
  const pack = { entry, digest: digestBytes(archive), regoVersion };
  // METADATA is younger than Rego v0, so a pack of that time is taken without, and told.
  return regoVersion === 0
    ? { pack, issues: undeclared(manifest), warnings: gaps }
    : { pack, issues: [...undeclared(manifest), ...gaps], warnings: [] };
}

/**
 * Everything that can be told of a bundle without running it; reports every problem at once. Without keys a signature is not asked for, but one
 * that is there must be about these files.
 */
export async function inspectPack(archive: Uint8Array, keys: readonly TrustedKey[] | 'unsigned'): Promise<BundleInspection> {
  const trust: BundleTrust = keys === 'unsigned' ? 'digest' : { keys };
  const { files, keyId, issues: found } = await inspectBundle(archive, trust);
  const issues = keys === 'unsigned' ? [...found, ...listedFileIssues(files)] : found;
  // A key answers for a bundle only when every file is the one that was signed.
  const signature = keyId === undefined || issues.length > 0 ? undefined : ({ keyId, algorithm: 'ES256' } as const);
  const manifest = BundleManifest.safeParse(parsed(files, '.manifest'));
  const name = PackName.safeParse(/^mc\/([^/]+)\/verdict$/.exec(manifest.data?.wasm[0].entrypoint ?? '')?.[1]);
  if (!manifest.success || !name.success) return { pack: undefined, isSound: false, signature, issues, warnings: [] };
  const described = describePack(manifest.data, name.data, { archive, files });
  return {
    pack: described.pack,
    isSound: issues.length === 0,
    signature,
    issues: [...issues, ...described.issues],
    warnings: described.warnings,
  };
}

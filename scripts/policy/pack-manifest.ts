import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BundleManifest, metadataDefaults, type PackMetadata } from '../../policy/engine/policy-bundle.ts';
import type { GoldenCase } from '../../shared/policy-catalog/pack-goldens.ts';
import type { PackSources } from './pack-sources.ts';

const PackManifest = BundleManifest.pick({ roots: true, rego_version: true, metadata: true });

/** The `.manifest` that people wrote for a pack, and its metadata with what it leaves out filled in as the engine does. */
export function readPackManifest({ name, folder }: PackSources): { regoVersion: 0 | 1; metadata: PackMetadata; goldens: GoldenCase[] } {
  const manifest = PackManifest.parse(JSON.parse(readFileSync(join(folder, '.manifest'), 'utf8')));
  const { version: first, points: few, reads: all } = metadataDefaults;
  const { title = name, version = first, points = [...few], reads = [...all], goldens = [] } = manifest.metadata ?? {};
  return { regoVersion: manifest.rego_version, metadata: { title, version, points, reads }, goldens };
}

/** What tells OPA in which Rego a pack is written. */
export function regoFlags(pack: PackSources): string[] {
  return readPackManifest(pack).regoVersion === 0 ? ['--v0-compatible'] : [];
}

import { z } from 'zod';
import { isDeepStrictEqual } from 'node:util';
import type { RunFacts } from '../run-facts.ts';
import type { PackContents } from './pack-contents.ts';
import { refusePack } from './refuse-pack.ts';

const Hashes = z.array(z.object({ alg: z.literal('SHA-256'), content: z.string() })).length(1);

const Sbom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string(), version: z.string(), hashes: Hashes }) }),
  components: z.array(z.looseObject({ purl: z.string(), hashes: Hashes })).default([]),
});

const Excerpt = z.looseObject({ executionId: z.string(), receiptId: z.string(), state: z.string(), stepsRoot: z.string() });

/** The documents for readers say what the receipt says: the same run, the same packages, the same end. Throws `mc:disclosure:invalid`. */
export function checkDocuments(contents: PackContents, facts: RunFacts): void {
  const excerpt = Excerpt.safeParse(contents.json('provenance.json')).data;
  if (!excerpt || (['executionId', 'receiptId', 'state', 'stepsRoot'] as const).some((field) => excerpt[field] !== facts[field]))
    throw refusePack('provenance.json does not say what the receipt says');
  const sbom = Sbom.safeParse(contents.json('sbom.cdx.json')).data;
  const listed = sbom?.components.map(({ purl, hashes }) => `${purl} ${hashes[0]?.content ?? ''}`).sort();
  const ran = facts.packages.map(({ uri, sha256 }) => `${uri} ${sha256}`).sort();
  const root = sbom?.metadata.component;
  const isRight = root?.name === facts.workflow.name && root.hashes[0]?.content === facts.workflow.sha256 && isDeepStrictEqual(listed, ran);
  if (!isRight) throw refusePack('sbom.cdx.json does not list the packages of the receipt');
}

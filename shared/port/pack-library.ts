/** The packs a home has besides judging with them: the shipped ones as documents, and a bench on which a stranger's bundle is looked at and tried. */
import { z } from 'zod';
import type { JsonObject } from '../core/json/canonical-json.ts';
import { type Digest } from '../core/digest.ts';
import type { Issue } from '../core/issue.ts';
import type { GoldenCase } from '../policy-catalog/pack-goldens.ts';
import type { PackEntry } from '../policy-catalog/pack-entry.ts';
import type { PackVerdict, PolicyInput, PolicyPoint } from './policy-engine.ts';

/** Who signed the files of a bundle, and how. */
export const BundleSignature = z.strictObject({
  keyId: z.string().describe('OpenSSH fingerprint of the key, `SHA256:…`'),
  algorithm: z.literal('ES256'),
});
export type BundleSignature = z.infer<typeof BundleSignature>;

/** What a bundle holds, whoever signed it. */
export interface ReadPack {
  entry: PackEntry;
  digest: Digest;
  regoVersion: 0 | 1;
}

/** A pack that came with the program. */
export interface ShippedPack extends ReadPack {
  signature: BundleSignature;
}

/** What was found in a bundle of unknown origin; only one without any issue may be used. */
export interface BundleInspection {
  /** There as soon as name and version could be read. */
  pack: ReadPack | undefined;
  /** Whether the bundle is well formed: it may be run, once somebody answers for it. */
  isSound: boolean;
  /** There when one of the keys signed every file as it is, and the bundle is well formed: only then may it be run. */
  signature: BundleSignature | undefined;
  issues: Issue[];
  /** What is accepted, but should be mended. */
  warnings: Issue[];
}

/** What came of one question: a verdict, or why there is none. */
export type Trial = { verdict: PackVerdict } | { failure: string };

/** A key whose signature is accepted. */
export interface TrustedKey {
  keyId: string;
  pem: string;
}

/** A bundle that was opened to judge recorded questions. */
export interface OpenPack {
  readonly name: string;
  readonly digest: Digest;
  readonly points: readonly PolicyPoint[];
  /**
   * One answer a question, in their order; a pack that is stopped answers the rest with the reason. Where they come to be much for one page the rest of the questions
   * is left for the next: at least one is answered.
   */
  judge(inputs: readonly PolicyInput[]): Promise<Trial[]>;
}

export interface PackLibrary {
  /** Every shipped pack, in the order of names. Throws `mc:policy:unavailable` when one is missing or altered. */
  shipped(): Promise<readonly ShippedPack[]>;
  /** The bundle of a shipped pack, byte for byte; undefined for a name that is none. */
  findArchive(name: string): Promise<Uint8Array | undefined>;
  /** The question that the cases of every pack change. */
  readonly baseQuestion: JsonObject;
  /** Looks at a bundle of unknown origin and reports every problem at once; never throws for what is in the bytes. */
  inspect(archive: Uint8Array, keys: readonly TrustedKey[]): Promise<BundleInspection>;
  /**
   * Asks a bundle about the base question and each case, in this order, in a place that can be stopped: an endless rule is a failure like any
   * other. One answer a question.
   */
  tryOut(archive: Uint8Array, cases: readonly Pick<GoldenCase, 'change' | 'data'>[]): Promise<Trial[]>;
  /** Opens a bundle for a replay, whoever signed it, or nobody; throws `mc:policy:bundle-refused` for one that cannot judge. */
  open(archive: Uint8Array): Promise<OpenPack>;
}

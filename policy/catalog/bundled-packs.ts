/** The packs that lie beside the program, and the bench for those of tenants: nothing of a stranger's bundle runs in this process. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { McError } from '../../shared/core/errors.ts';
import type { Json, JsonObject } from '../../shared/core/json/canonical-json.ts';
import { applyMergePatch } from '../../shared/policy-catalog/merge-patch.ts';
import { PackEntry } from '../../shared/policy-catalog/pack-entry.ts';
import type { GoldenCase } from '../../shared/policy-catalog/pack-goldens.ts';
import type { PackLibrary, ShippedPack, Trial } from '../../shared/port/pack-library.ts';
import { keyIdOf } from '../../shared/receipt/key-id.ts';
import { inspectBundle } from '../engine/inspect-bundle.ts';
import { judgeBundle, type BundleQuestion, type Judgement } from '../engine/judge-bundle.ts';
import { readShippedArchive } from '../engine/load-shipped-packs.ts';
import { loadBundle } from '../engine/load-bundle.ts';
import { shippedPacks, shippedPacksKey } from '../engine/shipped-packs.ts';
import { base } from './base-question.ts';
import { inspectPack } from './inspect-pack.ts';

export interface BundledPacksOptions {
  /** Where the packs lie, when the program is bundled. */
  folder?: string;
  /** The program of the process that tries bundles, when the program is bundled. */
  workerFile?: string;
}

/** A hundred cases at the time of one evaluation at run time; an endless rule costs the push this long. */
const trialMs = 5_000;

/** Ten thousand recorded questions to a pack ten times as slow as ours; a request to a deployed home ends after 29 s. */
const replayMs = 15_000;

/** A page of a replay tells the reasons, of which one decision may have 800 KB, and some 500 bytes of each decision beside them; a function on AWS answers 6 MB. */
const replayBytes = 2_500_000;

/** Where what a pack says about itself lies under the folder of packs; a deployment copies exactly these files. */
export function catalogPath(pack: string): string {
  return join(pack, 'catalog.json');
}

async function readEntry(folder: string, name: string): Promise<PackEntry> {
  try {
    return PackEntry.parse(JSON.parse(await readFile(join(folder, catalogPath(name)), 'utf8')));
  } catch (cause) {
    throw new McError('mc:policy:unavailable', `The catalog entry of policy pack ${name} cannot be read.`, { cause });
  }
}

async function readShipped(folder: string, { name, digest }: (typeof shippedPacks)[number]): Promise<ShippedPack> {
  const [entry, archive] = await Promise.all([readEntry(folder, name), readShippedArchive(folder, { name, digest })]);
  const { regoVersion } = await loadBundle(archive, 'digest');
  return { entry, digest, regoVersion, signature: { keyId: keyIdOf(shippedPacksKey), algorithm: 'ES256' } };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A change may make anything of the question; what is no object any more cannot be asked, and is asked about as nothing. */
function questionOf({ change, data }: Pick<GoldenCase, 'change' | 'data'>): BundleQuestion {
  const input = applyMergePatch(base, change);
  return { input: isObject(input) ? input : {}, ...(data === undefined ? {} : { data }) };
}

function trialOf(judgement: Judgement): Trial {
  return judgement === 'not-asked' ? { failure: 'the pack does not judge at the point of this question' } : judgement;
}

/** The library of this program; files are read when they are asked for, and a failure is not kept. */
export function bundledPacks({ folder, workerFile }: BundledPacksOptions = {}): PackLibrary {
  const from = folder ?? fileURLToPath(new URL('../packs/', import.meta.url));
  const program = workerFile === undefined ? {} : { workerFile };
  let reading: Promise<readonly ShippedPack[]> | undefined;
  return {
    baseQuestion: base,
    async shipped() {
      reading ??= Promise.all(shippedPacks.map((pack) => readShipped(from, pack)));
      try {
        return await reading;
      } catch (error) {
        reading = undefined;
        throw error;
      }
    },
    async findArchive(name) {
      const pack = shippedPacks.find((shipped) => shipped.name === name);
      return pack && readShippedArchive(from, pack);
    },
    inspect: inspectPack,
    async tryOut(archive, cases) {
      const { points } = await loadBundle(archive, 'digest');
      // The base question is asked where the pack judges at all.
      const point = points.includes('start') ? 'start' : (points[0] ?? 'start');
      const questions = [{ change: { request: { point } } }, ...cases].map(questionOf);
      return (await judgeBundle(archive, questions, { timeoutMs: trialMs, ...program })).map(trialOf);
    },
    async open(archive) {
      const { bundle, issues } = await inspectBundle(archive, 'digest');
      if (!bundle) throw new McError('mc:policy:bundle-refused', `The policy bundle cannot judge: ${issues[0]?.message ?? ''}`, { issues });
      const { name, digest, points } = bundle;
      return {
        ...{ name, digest, points },
        async judge(inputs) {
          const questions = inputs.map((input) => ({ input }));
          const options = { timeoutMs: replayMs, answerBytes: replayBytes, ...program };
          return (await judgeBundle(archive, questions, options)).map(trialOf);
        },
      };
    },
  };
}

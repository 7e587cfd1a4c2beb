import { digestBytes } from '../../core/digest.ts';
import { metricNames } from '../../port/metrics.ts';
import type { Bundle } from '../../receipt/bundle.ts';
import { bundleMediaType } from '../../receipt/media-types.ts';
import type { Artifact } from '../artifact.ts';
import { packFile, redactedFile, type PackFile } from '../pack/pack-entry.ts';
import { redactedBundle } from '../pack/redacted-bundle.ts';
import { redactNow, type Redacted, type RedactionWork } from '../redaction/redactor.ts';
import type { DisclosedRun } from './disclosed-run.ts';

/** Openings are for few eyes and asked for seldom, so they are not carried between threads. */
async function redacted({ deps, onOpening }: DisclosedRun, name: string, work: RedactionWork): Promise<Redacted> {
  try {
    if (!onOpening && deps.redactor) return await deps.redactor.redact(work);
    return redactNow(work, onOpening && ((opening) => onOpening(name, opening)));
  } catch (error) {
    deps.metrics.count(metricNames.redactionFailuresTotal);
    throw error;
  }
}

/** A log or a text of decisions as it may leave, under its own name. The bytes are taken over. */
export async function discloseArtifact(
  run: DisclosedRun,
  { name, mediaType, digest }: Artifact,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<PackFile> {
  const { rules, secret } = run;
  const source = { digest, sizeBytes: bytes.byteLength };
  const kind = mediaType === 'application/json' ? 'document' : 'log';
  const work: RedactionWork = { kind, dataClass: rules.dataClass, secret, file: `${name}\n${digest}`, bytes };
  const shown = await redacted(run, name, work);
  const entry = { path: name, mediaType, sizeBytes: shown.bytes.byteLength, digest: shown.digest };
  const isWhole = Object.keys(shown.withheld).length === 0;
  return { entry: isWhole ? entry : { ...entry, source, withheld: shown.withheld }, bytes: shown.bytes };
}

/** A signed bundle as it may leave: `<name>.sigstore.json`, or `<name>.redacted.json` when something of it may not. */
export async function discloseBundle(run: DisclosedRun, name: string, bundle: Bundle): Promise<PackFile> {
  const text = JSON.stringify(bundle);
  const bytes = Uint8Array.from(Buffer.from(bundle.dsseEnvelope.payload, 'base64'));
  const { rules, secret } = run;
  // A receipt of 500 steps is megabytes of fields: looking through them is no work for the thread that answers requests.
  const work: RedactionWork = { kind: 'document', dataClass: rules.dataClass, secret, file: `${name}\n${digestBytes(text)}`, bytes };
  const shown = await redacted(run, name, work);
  if (Object.keys(shown.withheld).length === 0) return packFile(`${name}.sigstore.json`, bundleMediaType, text);
  const document = JSON.stringify(redactedBundle(bundle, Buffer.from(shown.bytes).toString('utf8')));
  return redactedFile(packFile(`${name}.redacted.json`, 'application/json', document), Buffer.from(text), shown.withheld);
}

/** Opened values against their commitments, and what becomes of a file when they are put back. */
import { z } from 'zod';
import { digestBytes, type Digest } from '../../core/digest.ts';
import { isOpeningTrue } from '../redaction/commitment.ts';
import { withheldRules } from '../redaction/detectors.ts';
import { restoreDocument, restoreLog } from '../redaction/restore.ts';
import { RedactedBundle, restoreBundle } from '../pack/redacted-bundle.ts';
import { refusePack } from './refuse-pack.ts';

/** One line of a file of openings. */
export const OpeningRecord = z.strictObject({
  path: z.string(),
  rule: z.enum(withheldRules),
  commitment: z.string(),
  salt: z.string(),
  value: z.string(),
});
export type OpeningRecord = z.infer<typeof OpeningRecord>;

/** Values by commitment; throws `mc:disclosure:invalid` for one that is not what its commitment says. */
export function readOpenings(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    let parsed;
    try {
      parsed = OpeningRecord.safeParse(JSON.parse(line));
    } catch (cause) {
      throw refusePack(`line ${index + 1} of the openings is not JSON`, cause);
    }
    if (!parsed.success) throw refusePack(`line ${index + 1} of the openings is no opening`, parsed.error);
    if (!isOpeningTrue(parsed.data)) throw refusePack(`line ${index + 1} of the openings is not what was committed to`);
    values.set(parsed.data.commitment, parsed.data.value);
  }
  return values;
}

/** A file of a pack with every value put back for which there is an opening. */
export interface Restored {
  digest: Digest;
  /** The bundle that a redacted one is again; it must verify like any other. */
  bundle?: unknown;
}

/** What the file was, as far as it was opened. */
export function restoreFile(path: string, text: string, values: ReadonlyMap<string, string>): Restored {
  const valueOf = (commitment: string): string | undefined => values.get(commitment);
  if (path.endsWith('.redacted.json')) {
    const parsed = RedactedBundle.safeParse(JSON.parse(text));
    if (!parsed.success) throw refusePack(`${path} is no redacted bundle`, parsed.error);
    const bundle = restoreBundle(parsed.data, valueOf);
    return { digest: digestBytes(JSON.stringify(bundle)), bundle };
  }
  return { digest: digestBytes(path.endsWith('.ndjson') ? restoreLog(text, valueOf) : restoreDocument(text, valueOf)) };
}

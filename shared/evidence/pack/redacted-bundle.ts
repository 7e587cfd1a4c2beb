/**
 * A signed bundle as it may leave. Where nothing is withheld it is the bundle itself, and stock cosign verifies it. Otherwise the payload gives way to its
 * statement without what was withheld; signature and log entries stay, and hold again as soon as the withheld values are put back.
 */
import { z } from 'zod';
import { canonicalJson, type Json } from '../../core/json/canonical-json.ts';
import { Bundle } from '../../receipt/bundle.ts';
import { Statement } from '../../receipt/statement.ts';
import type { Commitments } from '../redaction/commitment.ts';
import type { RedactionRules } from '../redaction/data-class.ts';
import { namesAnActor } from '../redaction/names-an-actor.ts';
import { restoreValue } from '../redaction/restore.ts';
import { Withholder } from '../redaction/withhold.ts';

const redactedFormat = 'mc.redacted-bundle/v1';

export const RedactedBundle = z.strictObject({
  format: z.literal(redactedFormat),
  verificationMaterial: Bundle.shape.verificationMaterial,
  dsseEnvelope: Bundle.shape.dsseEnvelope.omit({ payload: true }),
  mediaType: Bundle.shape.mediaType,
  statement: Statement,
});
export type RedactedBundle = z.infer<typeof RedactedBundle>;

/** The redacted form of a bundle, or undefined when nothing of it has to be withheld. */
export function redactBundle(bundle: Bundle, rules: RedactionRules, commitments: Commitments): RedactedBundle | undefined {
  const { payload, ...envelope } = bundle.dsseEnvelope;
  const original = Buffer.from(payload, 'base64').toString('utf8');
  const value = JSON.parse(original) as Json; // JSON.parse gives nothing else.
  const redacted = new Withholder(rules, commitments).json(value, { exempt: namesAnActor });
  if (canonicalJson(redacted) === original) return undefined;
  return {
    format: redactedFormat,
    mediaType: bundle.mediaType,
    verificationMaterial: bundle.verificationMaterial,
    dsseEnvelope: envelope,
    statement: Statement.parse(redacted),
  };
}

/** The bundle that it was, once every value is back. */
export function restoreBundle(redacted: RedactedBundle, valueOf: (commitment: string) => string | undefined): Bundle {
  const { mediaType, verificationMaterial, dsseEnvelope, statement } = redacted;
  const payload = Buffer.from(canonicalJson(restoreValue(statement as Json, valueOf))).toString('base64');
  return { mediaType, verificationMaterial, dsseEnvelope: { payload, ...dsseEnvelope } };
}

/**
 * A signed bundle as it may leave. Where nothing is withheld it is the bundle itself, and stock cosign verifies it. Otherwise the payload gives way to its
 * statement without what was withheld; signature and log entries stay, and hold again as soon as the withheld values are put back.
 */
import { z } from 'zod';
import { canonicalJson, type Json } from '../../core/json/canonical-json.ts';
import { Bundle } from '../../receipt/bundle.ts';
import { Statement } from '../../receipt/statement.ts';
import { restoreValue } from '../redaction/restore.ts';

const redactedFormat = 'mc.redacted-bundle/v1';

export const RedactedBundle = z.strictObject({
  format: z.literal(redactedFormat),
  verificationMaterial: Bundle.shape.verificationMaterial,
  dsseEnvelope: Bundle.shape.dsseEnvelope.omit({ payload: true }),
  mediaType: Bundle.shape.mediaType,
  statement: Statement,
});
export type RedactedBundle = z.infer<typeof RedactedBundle>;

/** The form of a bundle in which this statement, of which something was withheld, stands in the place of its own. */
export function redactedBundle(bundle: Bundle, statement: string): RedactedBundle {
  const { payload: _withheld, ...envelope } = bundle.dsseEnvelope;
  return {
    format: redactedFormat,
    mediaType: bundle.mediaType,
    verificationMaterial: bundle.verificationMaterial,
    dsseEnvelope: envelope,
    statement: Statement.parse(JSON.parse(statement)),
  };
}

/** The bundle that it was, once every value is back. */
export function restoreBundle(redacted: RedactedBundle, valueOf: (commitment: string) => string | undefined): Bundle {
  const { mediaType, verificationMaterial, dsseEnvelope, statement } = redacted;
  const payload = Buffer.from(canonicalJson(restoreValue(statement as Json, valueOf))).toString('base64');
  return { mediaType, verificationMaterial, dsseEnvelope: { payload, ...dsseEnvelope } };
}

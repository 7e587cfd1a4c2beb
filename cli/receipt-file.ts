/** Receipts as files: how they and the document they speak of are named, and what the signed part says. */
import { z } from 'zod';
import { Bundle } from '../shared/receipt/bundle.ts';
import { IdentityBundle } from '../shared/receipt/identity-bundle.ts';
import { Statement } from '../shared/receipt/statement.ts';

/** A bundle in either form. */
const AnyBundle = z.union([Bundle, IdentityBundle]);

/** `r.sigstore.json` and `r.json` go with `r.outputs.json`. */
export function outputsFileOf(receiptFile: string): string {
  return `${receiptFile.replace(/(\.sigstore)?\.json$/, '')}.outputs.json`;
}

/** The bundle in this text, without any verification. */
export function readBundle(bundleText: string): Bundle | IdentityBundle {
  return AnyBundle.parse(JSON.parse(bundleText));
}

/** The statement inside a bundle, without any verification: for display only. */
export function readStatement(bundleText: string): Statement {
  return Statement.parse(JSON.parse(Buffer.from(readBundle(bundleText).dsseEnvelope.payload, 'base64').toString('utf8')));
}

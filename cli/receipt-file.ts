/** Receipts as files: how they and the document they speak of are named, and what the signed part says. */
import { Bundle } from '../shared/receipt/bundle.ts';
import { Statement } from '../shared/receipt/statement.ts';

/** `r.sigstore.json` and `r.json` go with `r.outputs.json`. */
export function outputsFileOf(receiptFile: string): string {
  return `${receiptFile.replace(/(\.sigstore)?\.json$/, '')}.outputs.json`;
}

/** The statement inside a bundle, without any verification: for display only. */
export function readStatement(bundleText: string): Statement {
  const bundle = Bundle.parse(JSON.parse(bundleText));
  return Statement.parse(JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8')));
}

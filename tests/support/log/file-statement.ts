import type { Key } from '../../../shared/port/table.ts';
import { logEntryOp } from '../../../shared/log/log-entry-op.ts';
import { buildActor, type TestHome } from '../build-deps.ts';
import { buildStatement } from '../build-statement.ts';
import { signStatement } from '../receipt/sign-statement.ts';

const { tenant } = buildActor();

/** The row of a statement of this name. */
export const statementKey = (name: string): Key => ({ pk: `T#${tenant}#S`, sk: name });

/** Files a signed statement and what is to be logged of it, as the engine does it. */
export async function fileStatement({ deps, table }: TestHome, name: string): Promise<void> {
  const { pem } = await deps.signer.publicKey();
  const bundle = await signStatement(deps.signer, buildStatement({ predicate: { name } }));
  const bundleDigest = await deps.blobs.put(tenant, 'receipt', Buffer.from(JSON.stringify(bundle)));
  const { leaf, op } = logEntryOp(bundle, pem, statementKey(name));
  await table.write([{ kind: 'put', item: { ...statementKey(name), bundleDigest, leaf } }, op]);
}

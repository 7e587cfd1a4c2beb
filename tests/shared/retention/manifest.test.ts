/** The manifest of a purge is for strangers: maestro verify and stock cosign accept it with no insecure flag, and refuse another inventory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { merkleRoot } from '../../../shared/core/merkle.ts';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { openWithheldSecret } from '../../../shared/evidence/redaction/withheld-secret.ts';
import { findExecution } from '../../../shared/execution/execution-store.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { logIdentity } from '../../../shared/log/log-identity.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedRoot } from '../../../shared/receipt/trusted-root.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { getDeletionManifest, type DeletionManifest } from '../../../shared/retention/get-deletion-manifest.ts';
import { buildDeletionStatement } from '../../../shared/retention/purge/deletion-statement.ts';
import { queryPurges } from '../../../shared/retention/purge/purge-record.ts';
import { receiptDaysMin } from '../../../shared/tenant/retention.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { askCosign } from '../../support/log/cosign.ts';
import { openAgedHome, type AgedHome } from '../../support/retention/aged-home.ts';
import { runCli } from '../../support/cli/run-cli.ts';

let home: AgedHome;
let manifest: DeletionManifest;
let folder: string;
let root: ReturnType<typeof trustedRoot>;
let head: Awaited<ReturnType<typeof findExecution>>;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-manifest-'));
  home = await openAgedHome();
  const { deps } = home.home;
  const run = await home.run();
  head = await findExecution(deps, home.actor.tenant, idSchema('exec').parse(run.id));
  await home.purge(receiptDaysMin + 1);
  const { items } = await queryPurges(deps, home.actor.tenant, { limit: 10 });
  manifest = await getDeletionManifest(deps, home.actor, items.find(({ kind }) => kind === 'receipts')?.id ?? '');
  writeFileSync(at('gone.json'), JSON.stringify(manifest.bundle));
  writeFileSync(at('inventory.ndjson'), manifest.inventory);
  writeFileSync(at('other.ndjson'), manifest.inventory.replace('erased', 'shared'));
  writeFileSync(at('mc.pub'), (await deps.signer.publicKey()).pem);
  root = trustedRoot([logIdentity(await deps.logKey.publicKey())]);
  writeFileSync(at('root.json'), JSON.stringify(root));
}, 60_000);
afterAll(async () => {
  await home.close();
  rmSync(folder, { recursive: true, force: true });
});

test('it names every erased digest, the inventory and its Merkle root, and holds nothing of what was erased', async () => {
  const { pem } = await home.home.deps.signer.publicKey();
  const { statement, log } = verifyBundle(manifest.bundle, { pem, artifact: digestBytes(manifest.inventory), requireLog: true });
  expect(log).not.toBeNull();
  const lines = manifest.inventory.trimEnd().split('\n');
  expect(statement.predicate).toMatchObject({ inventory: { entries: lines.length, merkleRoot: merkleRoot(lines) }, counts: { erased: 4 } });
  const named = statement.subject.map(({ digest }) => digest['sha256']);
  for (const line of lines) {
    const { digest } = JSON.parse(line) as { digest?: string };
    if (digest !== undefined) expect(named).toContain(digest.slice('sha256:'.length));
  }
  expect(manifest.inventory).not.toContain('xxxx');
});

test('of more than 1,023 erased objects the Merkle root of the inventory speaks', () => {
  const erased = Array.from({ length: 1_024 }, (_, index) => digestBytes(String(index)));
  const { purge } = manifest;
  const counts = purge.counts!;
  const facts = {
    tenant: home.actor.tenant,
    builderId: 'https://example.com',
    purge,
    endedAt: purge.startedAt,
    counts,
    progress: [],
    lines: ['{}'],
  };
  expect(buildDeletionStatement({ ...facts, erased }).subject).toHaveLength(1);
  const all = buildDeletionStatement({ ...facts, erased: erased.slice(1) }).subject;
  expect(all).toHaveLength(1_024);
  expect(all[1]?.digest).toEqual({ sha256: hexOf(erased[1]!) });
});

test('maestro verify accepts it, and refuses another inventory', async () => {
  const verify = async (artifact: string) =>
    runCli(['verify', at('gone.json'), at(artifact), '--key', at('mc.pub'), '--trusted-root', at('root.json'), '--require-log']);
  expect(await verify('inventory.ndjson')).toMatchObject({ code: 0 });
  expect(await verify('other.ndjson')).toMatchObject({ code: 4 });
}, 60_000);

const cosign = findOracle('cosign3');
(cosign === undefined ? describe.skip : describe)('stock cosign 3', () => {
  test('accepts it with no insecure flag, and refuses another inventory', async () => {
    const { pem } = await home.home.deps.signer.publicKey();
    const question = { bundle: manifest.bundle, pem, predicateType: predicateTypes.deletion, trustedRoot: root };
    expect(askCosign(cosign ?? '', { ...question, artifact: manifest.inventory })).toBe('ok');
    expect(askCosign(cosign ?? '', { ...question, artifact: manifest.inventory.replace('erased', 'shared') })).not.toBe('ok');
  }, 60_000);
});

test('nothing is derived from a purged run any more, not even by whoever had read it before', async () => {
  const { deps } = home.home;
  await expect(openWithheldSecret(deps, head!)).rejects.toMatchObject({ code: 'mc:store:conflict' });
  await expect(openDisclosure(deps, home.actor, { id: head!.id })).rejects.toMatchObject({ code: 'mc:execution:purged' });
  const { items } = await deps.table.query({ pk: `T#acme#X#${head!.id}`, limit: 10 });
  expect(items.map(({ sk }) => sk)).toEqual(['EXEC']);
});

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { verifyPack } from '../../../shared/evidence/verify/verify-pack.ts';
import { keyFor } from '../../../shared/evidence/verify/trust.ts';
import { outputsDocument } from '../../../shared/execution/run-statement.ts';
import { publishKeys } from '../../../shared/keys/published-keys.ts';
import { publicKeyOf } from '../../../shared/keys/signer-keys.ts';
import { listLogs } from '../../../shared/log/retired-logs.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { Bundle } from '../../../shared/receipt/bundle.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedRoot } from '../../../shared/receipt/trusted-root.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { verifyOwn } from '../../../shared/receipt/verify-own.ts';
import { readRotation } from '../../../shared/rotation/rotation-view.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { askCosign } from '../../support/log/cosign.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { findOracle } from '../../support/find-oracle.ts';
import type { Engine } from '../../support/open-engine.ts';
import { keyIdIn, openRotatingEngine, rotate, sealedRun } from './rotating-engine.ts';

describe('a rotation of the signing key', () => {
  let engine: Engine;
  let beforeId: string;
  let before: Bundle;
  let after: Bundle;
  let rotation: Rotation;
  beforeAll(async () => {
    engine = await openRotatingEngine();
    ({ id: beforeId, bundle: before } = await sealedRun(engine));
    rotation = await rotate(engine, { reason: 'a drill' });
    after = (await sealedRun(engine)).bundle;
  }, 30_000);
  afterAll(() => engine.close());

  test('lets the new key sign, and what the old one signed verifies with the keys that are published', async () => {
    const { deps } = engine.home;
    expect([keyIdIn(before), keyIdIn(after)]).toEqual([rotation.oldKey.keyId, rotation.newKey?.keyId]);
    const keys = await publishKeys(deps);
    expect(keys).toMatchObject([
      { keyId: rotation.newKey?.keyId, state: 'active', predecessor: rotation.oldKey.keyId, signsUntil: null, privateGoneAt: null },
      { keyId: rotation.oldKey.keyId, state: 'retired', predecessor: null, signsUntil: keys[0]?.signsFrom },
    ]);
    // A process of the home that has not heard of the switch yet lists them in the same order.
    const late = {
      publicKey: async () => ({ keyId: rotation.oldKey.keyId, pem: keys[1]?.pem ?? '' }),
      sign: deps.signer.sign.bind(deps.signer),
    };
    expect(await publishKeys({ table: deps.table, signer: late })).toEqual(keys);
    for (const bundle of [before, after]) {
      expect(verifyBundle(bundle, { pem: keyFor({ pems: keys.map(({ pem }) => pem) }, keyIdIn(bundle)) }).log).not.toBeNull();
      await expect(verifyOwn(deps, bundle)).resolves.toMatchObject({ keyId: keyIdIn(bundle) });
    }
  });

  test('gives up the private half of the old key, and keeps the new one for its user alone', () => {
    const folder = join(engine.folder, 'keys');
    const handle = rotation.newKey?.handle ?? '';
    expect(readdirSync(folder).filter((name) => name.startsWith('receipt-signer'))).toEqual([handle]);
    expect(statSync(join(folder, handle)).mode & 0o777).toBe(0o600);
  });

  test('leaves statements of both keys in the log, which say the same of both', async () => {
    const { deps } = engine.home;
    const { statements, keys } = await readRotation(deps, rotation.id);
    expect(statements.map(({ name }) => name)).toEqual(['introduced-by-old', 'introduced-by-new', 'completed']);
    expect(statements.map(({ bundle }) => keyIdIn(bundle))).toEqual([
      rotation.oldKey.keyId,
      rotation.newKey?.keyId,
      rotation.newKey?.keyId,
    ]);
    const [byOld, byNew] = statements.map(({ bundle }) => bundle.dsseEnvelope.payload);
    expect(byOld).toBe(byNew);
    const logs = await listLogs(deps);
    for (const { bundle } of statements) {
      const { pem } = await publicKeyOf(deps, keyIdIn(bundle));
      const { log, statement } = verifyBundle(bundle, { pem, logs, requireLog: true, predicateType: predicateTypes.rotation });
      expect(log).toMatchObject({ isTrusted: true });
      expect(statement.subject.map(({ name }) => name)).toEqual(['old.pub', 'new.pub']);
      expect(statement.predicate).toMatchObject({ rotationId: rotation.id, reason: 'a drill', kind: 'signer' });
    }
    expect(keys.map(({ document }) => document)).toEqual([rotation.oldKey.pem, rotation.newKey?.pem]);
  });

  test('has verified statements of the whole log, and counts as one rotation', () => {
    expect(rotation.checks?.byKey[rotation.oldKey.keyId]).toBeGreaterThan(0);
    expect(rotation.checks?.logSize).toBeGreaterThan(0);
    expect(rotation.checks?.notKept).toBe(0);
    expect(engine.home.metrics.counted(metricNames.rotationsTotal, { kind: 'signer' })).toBe(1);
  });

  test('leaves a disclosure pack of a run from before as it was: with the key that signed its receipt, verified with all that are published', async () => {
    const { deps } = engine.home;
    const bytes = await collectBytes((await openDisclosure(deps, engine.actor, { id: beforeId })).chunks);
    const { manifest } = await verifyPack(inMemory(bytes), { pems: (await publishKeys(deps)).map(({ pem }) => pem) });
    const key = manifest.files.find(({ path }) => path === 'mc.pub');
    expect(key?.digest).toBe(digestBytes(rotation.oldKey.pem ?? ''));
  });

  const cosign = findOracle('cosign3');
  (cosign === undefined ? test.skip : test)(
    'is nothing that stock cosign minds: receipts of both keys verify, and so do the statements', // Skipped where cosign is not installed.
    async () => {
      const { deps } = engine.home;
      const root = trustedRoot(await listLogs(deps));
      const ask = (bundle: Bundle, pem: string, artifact: string, predicateType: string): string =>
        askCosign(cosign ?? '', { bundle, pem, artifact, predicateType, trustedRoot: root });
      const { statements, keys } = await readRotation(deps, rotation.id);
      for (const { bundle } of statements) {
        const { pem } = await publicKeyOf(deps, keyIdIn(bundle));
        for (const { document } of keys) expect(ask(bundle, pem, document, predicateTypes.rotation)).toBe('ok');
      }
      const file = (await publishKeys(deps)).map(({ pem, keyId }) => `# ${keyId}\n${pem}`).join('');
      for (const bundle of [before, after]) {
        const { pem } = await publicKeyOf(deps, keyIdIn(bundle));
        expect(ask(bundle, pem, outputsDocument({}), predicateTypes.run)).toBe('ok');
        // cosign takes the first key of a file: the one in use.
        expect(ask(bundle, file, outputsDocument({}), predicateTypes.run) === 'ok').toBe(bundle === after);
      }
    },
    60_000,
  );
});

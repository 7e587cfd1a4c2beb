import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import type { LogIdentity } from '../../../shared/log/log-identity.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import type { KeyRotationDetails } from '../../../shared/rotation/rotation-view.ts';
import type { RotationKind } from '../../../shared/rotation/rotation.ts';
import { askCosign } from '../../support/log/cosign.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

interface Sealed {
  id: string;
  bundle: Bundle;
  outputs: string;
}

/** Comes last: the other cases ask for the key of the home once. */
export function describeKeyRotation(home: TestedHome): void {
  describe('a rotation of keys', () => {
    let workflow: string;
    let before: Sealed;
    let after: Sealed;
    let rotation: KeyRotationDetails;
    let logs: LogIdentity[];
    let root: unknown;

    async function sealed(): Promise<Sealed> {
      const { id } = await run(home, { workflow });
      const bundle = Bundle.parse(JSON.parse(await home.client.getReceipt(id)));
      return { id, bundle, outputs: await home.client.getOutputsDocument(id) };
    }

    async function finished(id: string): Promise<KeyRotationDetails> {
      for (;;) {
        const now = await home.owner.getKeyRotation(id);
        if (now.finishedAt !== null) return now;
        await delay(200);
      }
    }

    const rotate = async (kind: RotationKind): Promise<KeyRotationDetails> =>
      finished((await home.owner.rotateKey({ kind, windowHours: 0, reason: 'the end-to-end suite' })).id);
    const pemOf = async ({ verificationMaterial }: Bundle): Promise<string> =>
      (await home.client.listKeys()).keys.find(({ keyId }) => keyId === verificationMaterial.publicKey.hint)?.pem ?? 'not published';

    beforeAll(async () => {
      workflow = (await publish(home, echoManifest(`rotated-${home.unique}`, { outputs: { said: '${{ tasks.echo.outputs.said }}' } })))
        .name;
      before = await sealed();
      rotation = await rotate('signer');
      after = await sealed();
      root = JSON.parse(await home.client.getTrustedRoot());
      logs = trustedLogs(root);
    }, slowMs);

    test(
      'lets a new key sign, and receipts of both keys verify with what the home publishes',
      async () => {
        const { keys } = await home.client.listKeys();
        expect(keys[0]).toMatchObject({ keyId: rotation.newKey?.keyId, state: 'active', predecessor: rotation.oldKey.keyId });
        expect(keys.find(({ keyId }) => keyId === rotation.oldKey.keyId)).toMatchObject({
          state: 'retired',
          signsUntil: keys[0]?.signsFrom,
        });
        expect(before.bundle.verificationMaterial.publicKey.hint).toBe(rotation.oldKey.keyId);
        expect(after.bundle.verificationMaterial.publicKey.hint).toBe(rotation.newKey?.keyId);
        for (const { bundle, outputs } of [before, after]) {
          const options = {
            pem: await pemOf(bundle),
            logs,
            requireLog: true,
            artifact: digestBytes(outputs),
            predicateType: predicateTypes.run,
          };
          expect(verifyBundle(bundle, options).log).toMatchObject({ isTrusted: true });
        }
        expect(Bundle.parse(JSON.parse(await home.client.getReceipt(before.id)))).toEqual(before.bundle);
      },
      slowMs,
    );

    test('leaves its evidence: statements of both keys in the log, and what was verified', async () => {
      expect(rotation.statements.map(({ name }) => name)).toEqual(['introduced-by-old', 'introduced-by-new', 'completed']);
      for (const { bundle } of rotation.statements) {
        const options = { pem: await pemOf(bundle), logs, requireLog: true, predicateType: predicateTypes.rotation };
        const { statement } = verifyBundle(bundle, options);
        expect(statement.predicate).toMatchObject({ rotationId: rotation.id });
        for (const { document } of rotation.keys) verifyBundle(bundle, { ...options, artifact: digestBytes(document) });
      }
      expect(rotation.checks?.sampled).toBeGreaterThan(0);
      const { items } = await home.owner.listAuditEvents({ limit: 100 });
      const steps = items.filter(({ type, data }) => type === 'mc.keys.rotate' && data.details['rotationId'] === rotation.id);
      expect(steps.map(({ data }) => data.details['step']).sort()).toEqual(['finished', 'requested', 'switched']);
    });

    test(
      'of the key that wraps data keys takes nothing away: what was sealed before is read as before',
      async () => {
        expect((await rotate('data')).statements.map(({ name }) => name)).toEqual(['introduced', 'completed']);
        expect(await home.client.getOutputsDocument(before.id)).toBe(before.outputs);
        expect(await sealed()).toMatchObject({ outputs: before.outputs });
      },
      slowMs,
    );

    test('is begun by the owner of the home, once at a time, and read by everybody who may read', async () => {
      expect(await problemOf(home.client.rotateKey({ windowHours: 0 }))).toMatchObject({ status: 403, code: 'mc:auth:forbidden' });
      expect(await problemOf(home.owner.rotateKey({ windowHours: 1_000 }))).toMatchObject({ status: 400, code: 'mc:request:invalid' });
      // Whoever puts one in the place of another says why.
      expect(await problemOf(home.owner.rotateKey({ instead: true }))).toMatchObject({ status: 400, code: 'mc:request:invalid' });
      const unknown = problemOf(home.client.getKeyRotation('rot_01K9ZZZZZZZZZZZZZZZZZZZZZZ'));
      expect(await unknown).toMatchObject({ status: 404, code: 'mc:key:rotation-not-found' });
      expect((await home.client.listKeyRotations()).items.map(({ id }) => id)).toContain(rotation.id);
    });

    const cosign = findOracle('cosign3');
    (cosign === undefined ? test.skip : test)(
      'is nothing that stock cosign 3 minds, with key and trusted root and no insecure flag', // Skipped where cosign is not installed.
      async () => {
        for (const { bundle, outputs } of [before, after]) {
          const question = { bundle, pem: await pemOf(bundle), artifact: outputs, predicateType: predicateTypes.run, trustedRoot: root };
          expect(askCosign(cosign ?? '', question)).toBe('ok');
        }
      },
      slowMs,
    );
  });
}

import { beforeAll, describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import { auditLog } from '../../../cli/log/audit-log.ts';
import { proveBundle } from '../../../cli/log/prove-bundle.ts';
import { fetchCheckpoint, trustCheckpoint } from '../../../cli/log/published-log.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import type { LogIdentity } from '../../../shared/log/log-identity.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { askCosign } from '../../support/log/cosign.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

interface Logged {
  id: string;
  bundle: Bundle;
  outputs: string;
}

export function describeTransparencyLog(home: TestedHome): void {
  describe('the transparency log', () => {
    let workflow: string;
    let first: Logged;
    let root: unknown;
    let logs: LogIdentity[];
    let pem: string;
    let stranger: MaestroClient;

    async function logged(): Promise<Logged> {
      const { id } = await run(home, { workflow });
      const bundle = Bundle.parse(JSON.parse(await home.client.getReceipt(id)));
      return { id, bundle, outputs: await home.client.getOutputsDocument(id) };
    }

    beforeAll(async () => {
      stranger = new MaestroClient({ url: home.url });
      root = JSON.parse(await stranger.getTrustedRoot());
      logs = trustedLogs(root);
      pem = (await stranger.listKeys()).keys[0]?.pem ?? '';
      workflow = (await publish(home, echoManifest(`logged-${home.unique}`, { outputs: { said: '${{ tasks.echo.outputs.said }}' } }))).name;
      first = await logged();
    }, slowMs);

    test(
      'has every receipt, and gives it with the same proof whenever it is asked for',
      async () => {
        const options = { pem, logs, requireLog: true, artifact: digestBytes(first.outputs), predicateType: predicateTypes.run };
        expect(verifyBundle(first.bundle, options).log).toMatchObject({ isTrusted: true, origin: logs[0]?.origin });
        const second = await logged();
        expect(verifyBundle(second.bundle, { pem, logs, requireLog: true }).log?.index).not.toBe(
          verifyBundle(first.bundle, options).log?.index,
        );
        expect(Bundle.parse(JSON.parse(await home.client.getReceipt(first.id)))).toEqual(first.bundle);
      },
      slowMs,
    );

    test(
      'has the trace of the network calls and the receipt of a decision too',
      async () => {
        const { decisionId } = await home.client.getExecution(first.id);
        for (const text of [await home.client.getEgressAttestation(first.id), await home.client.getDecisionReceipt(decisionId)])
          expect(verifyBundle(JSON.parse(text), { pem, logs, requireLog: true }).log).toMatchObject({ isTrusted: true });
      },
      slowMs,
    );

    test(
      'can be audited by anybody, who sees that it only grew',
      async () => {
        const before = await fetchCheckpoint(stranger, logs);
        await logged();
        const { checkpoint } = await auditLog(stranger, { logs, earlier: trustCheckpoint(before.note, logs) });
        expect(checkpoint.size).toBeGreaterThan(before.size);
        const proof = await proveBundle(stranger, first.bundle, { pem, logs });
        expect(proof.newest.size).toBeGreaterThanOrEqual(checkpoint.size);
      },
      slowMs,
    );

    test('has no tiles that it has not reached, and no others', async () => {
      expect(await problemOf(stranger.getLogTile('0/x999/999'))).toMatchObject({ status: 404, code: 'mc:log:not-found' });
      expect(await problemOf(stranger.getLogTile('elsewhere'))).toMatchObject({ status: 400, code: 'mc:request:invalid' });
    });

    const cosign = findOracle('cosign3');
    (cosign === undefined ? test.skip : test)(
      'lets stock cosign 3 verify a receipt with key and trusted root, and no insecure flag', // Skipped where cosign is not installed.
      () => {
        const question = { bundle: first.bundle, pem, artifact: first.outputs, predicateType: predicateTypes.run, trustedRoot: root };
        expect(askCosign(cosign ?? '', question)).toBe('ok');
        expect(askCosign(cosign ?? '', { ...question, artifact: `${first.outputs} ` })).toContain('Error');
        const bundle = { ...first.bundle, verificationMaterial: { ...first.bundle.verificationMaterial, tlogEntries: [] } };
        expect(askCosign(cosign ?? '', { ...question, bundle })).toContain('Error');
      },
      slowMs,
    );
  });
}

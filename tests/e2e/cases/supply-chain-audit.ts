import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes, digestJson } from '../../../shared/core/digest.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { run, slowMs, type TestedHome } from '../tested-home.ts';

const root = new URL('../../../', import.meta.url);

export function describeSupplyChainAudit(home: TestedHome): void {
  describe('the supply-chain audit', () => {
    let workflow: string;

    beforeAll(async () => {
      const draft = await home.client.createWorkflow(readFileSync(new URL('catalog/workflows/supply-chain-audit.yaml', root), 'utf8'));
      workflow = (await home.client.publishWorkflow(draft.workflow.id)).id;
    }, slowMs);

    test(
      'audits the lockfile of this project, with a receipt that covers report and bill of materials',
      async () => {
        const lockfile = readFileSync(new URL('package-lock.json', root));
        const { digest, name } = await home.client.uploadFile('package-lock.json', lockfile);
        expect(digest).toBe(digestBytes(lockfile));

        const execution = await run(home, { workflow, inputs: { project: 'maestro-conductor', lockfile: { digest, name } } });

        expect(execution).toMatchObject({ state: 'succeeded', error: null });
        const { report, sbom, sbomDigest } = execution.outputs ?? {};
        expect(report).toContain('# Supply chain of maestro-conductor');
        expect(report).toContain(digest);
        expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
        expect(sbomDigest).toBe(digestJson(sbom));
        const bundle: unknown = JSON.parse(await home.client.getReceipt(execution.id));
        const pem = (await home.client.listKeys()).keys[0]?.pem ?? '';
        const document = await home.client.getOutputsDocument(execution.id);
        const { statement } = verifyBundle(bundle, { pem, artifact: digestBytes(document) });
        expect(JSON.parse(document)).toEqual(execution.outputs);
        expect(JSON.stringify(statement.predicate)).toContain(digest.slice('sha256:'.length));

        const { lines, done } = await home.client.readLogs(execution.id);
        expect(done).toBe(true);
        expect(lines.map((line) => line.taskId)).toContain('read');
        const ofOneTask = await home.client.readLogs(execution.id, { task: 'read' });
        expect(new Set(ofOneTask.lines.map((line) => line.taskId))).toEqual(new Set(['read']));
      },
      slowMs,
    );

    test(
      'a file that is no lockfile ends the run with what is wrong',
      async () => {
        const { digest, name } = await home.client.uploadFile('package-lock.json', new TextEncoder().encode('{"name":"not a lockfile"}'));
        const execution = await run(home, { workflow, inputs: { lockfile: { digest, name } } });
        expect(execution).toMatchObject({
          state: 'failed',
          error: { taskId: 'check-lockfile', message: expect.stringContaining('lockfileVersion') },
        });
        expect(execution.receiptId).toMatch(/^rcpt_/);
      },
      slowMs,
    );
  });
}

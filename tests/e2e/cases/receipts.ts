import { beforeAll, describe, expect, test } from '@jest/globals';
import { waitForExecution } from '../../../cli/client/wait-for-execution.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { Bundle } from '../../../shared/receipt/bundle.ts';
import { predicateTypes, type Statement } from '../../../shared/receipt/statement.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { flipped } from '../../support/identity/key-cases.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

interface Sealed {
  bundle: Bundle;
  outputs: string;
  pem: string;
}

async function sealed(home: TestedHome, id: string): Promise<Sealed> {
  return {
    bundle: Bundle.parse(JSON.parse(await home.client.getReceipt(id))),
    outputs: await home.client.getOutputsDocument(id),
    pem: (await home.client.listKeys()).keys[0]?.pem ?? '',
  };
}

function verify({ bundle, outputs, pem }: Sealed): Statement {
  return verifyBundle(bundle, { pem, artifact: digestBytes(outputs), predicateType: predicateTypes.run }).statement;
}

/** One receipt for each byte that may not change. */
function tampered(original: Sealed): [string, Sealed][] {
  const statement = structuredClone(original.bundle);
  statement.dsseEnvelope.payload = flipped(statement.dsseEnvelope.payload);
  const signature = structuredClone(original.bundle);
  for (const entry of signature.dsseEnvelope.signatures) entry.sig = flipped(entry.sig);
  return [
    ['statement', { ...original, bundle: statement }],
    ['signature', { ...original, bundle: signature }],
    ['artifact', { ...original, outputs: original.outputs.replace('hello', 'hellp') }],
  ];
}

const receiptFacts = (statement: Statement): unknown => statement.predicate['mc_receipt'];

export function describeReceipts(home: TestedHome): void {
  describe('receipts', () => {
    let receipt: Sealed;
    let executionId: string;

    beforeAll(async () => {
      const { name } = await publish(home, echoManifest(`receipt-${home.unique}`, { outputs: { said: '${{ tasks.echo.outputs.said }}' } }));
      executionId = (await run(home, { workflow: name })).id;
      receipt = await sealed(home, executionId);
    }, slowMs);

    test('a receipt verifies and says what ran, from which bytes, by which decision', () => {
      const statement = verify(receipt);
      expect(JSON.parse(receipt.outputs)).toEqual({ said: 'hello' });
      expect(statement.predicate).toMatchObject({ runDetails: { metadata: { invocationId: executionId } } });
      expect(receiptFacts(statement)).toMatchObject({
        state: 'succeeded',
        decisions: [{ verdict: 'allow' }],
        steps: { root: expect.stringMatching(/^sha256:/) },
      });
    });

    test('a receipt altered by one byte in statement, signature or artifact does not verify', () => {
      for (const [what, altered] of tampered(receipt)) {
        expect(() => verify(altered)).toThrow(expect.objectContaining({ code: 'mc:receipt:invalid' }));
        expect(what).not.toBe('');
      }
    });

    test(
      'a failed run has a verified receipt too, with its failure and its compensation',
      async () => {
        const tasks = [
          { id: 'done', uses: 'pkg:demo/echo@1.0.0', compensate: { uses: 'pkg:demo/echo@1.0.0' } },
          { id: 'broken', uses: 'pkg:demo/fail@1.0.0', needs: ['done'], with: { retryable: false } },
        ];
        const { name } = await publish(home, echoManifest(`failed-${home.unique}`, { tasks }));
        const execution = await run(home, { workflow: name });
        expect(execution.state).toBe('failed');
        const facts = receiptFacts(verify(await sealed(home, execution.id)));
        expect(facts).toMatchObject({ state: 'failed', error: { taskId: 'broken' } });
        expect(facts).toMatchObject({
          steps: { entries: expect.arrayContaining([expect.objectContaining({ task: 'done', compensation: 'done' })]) },
        });
      },
      slowMs,
    );

    test(
      'there is no receipt before the run is sealed',
      async () => {
        const { name } = await publish(
          home,
          echoManifest(`early-${home.unique}`, { tasks: [{ id: 'wait', uses: 'pkg:demo/sleep@1.0.0', with: { ms: 3_000 } }] }),
        );
        const { id } = await home.client.startExecution({ workflow: name });
        expect(await problemOf(home.client.getReceipt(id))).toMatchObject({ code: 'mc:execution:not-sealed', status: 409 });
        await waitForExecution(home.client, id, { timeoutMs: 120_000 });
        expect(verify(await sealed(home, id))).toBeDefined();
      },
      slowMs,
    );
  });
}

import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { merkleRoot } from '../../../shared/core/merkle.ts';
import { buildRunStatement, outputsDocument } from '../../../shared/execution/run-statement.ts';
import type { HomeConfig } from '../../../shared/port/deps.ts';
import { maxSubjects, Statement } from '../../../shared/receipt/statement.ts';
import { buildSealedRun } from '../../support/receipt/build-sealed-run.ts';

const config: HomeConfig = {
  ...{ region: 'EU', declaredRegion: null, cloud: 'local', builderId: 'https://maestro-conductor.dev/homes/embedded', version: '0.0.0' },
  ...{ encryption: 'none', ownerTenant: TenantId.parse('acme') },
};
const words = fc.record({ text: fc.string({ unit: 'grapheme' }), isCancelled: fc.boolean(), tasks: fc.integer({ min: 1, max: 4 }) });

describe('what the receipt of a run signs', () => {
  test('is canonical JSON of a statement that cosign reads, whatever the run says', () => {
    fc.assert(
      fc.property(words, (run) => {
        const payload = buildRunStatement(config, buildSealedRun(run));
        const statement: unknown = JSON.parse(payload);
        expect(payload).toBe(canonicalize(statement));
        expect(Statement.parse(statement)).toEqual(statement);
      }),
    );
  });

  test('tells the run: its words, its outputs, its reasons, and a tree over the very steps that stand in it', () => {
    const run = buildSealedRun({ text: 'why "not"?', isCancelled: true, tasks: 2 });
    const { predicate, subject } = Statement.parse(JSON.parse(buildRunStatement(config, run)));
    expect(subject.map(({ name }) => name)).toEqual(['outputs.json', 'tasks/task0/outputs.json', 'tasks/task1/outputs.json']);
    expect(subject[0]?.digest).toEqual({ sha256: hexOf(digestBytes(outputsDocument(run.outputs))) });
    const facts = predicate['mc_receipt'] as { steps: { entries: unknown[]; root: string } };
    expect(facts.steps.root).toBe(merkleRoot(facts.steps.entries.map((entry) => canonicalize(entry) ?? '')));
    expect(facts).toMatchObject({
      cancellation: { by: 'why "not"?', reason: 'why "not"?' },
      decisions: [{ point: 'start' }, { point: 'task', verdict: 'deny' }],
      error: { failure: 'cancelled' },
      state: 'cancelled',
      steps: {
        entries: [{ task: 'task0', attempts: [{ failure: 'error', egress: { blocked: 1 } }, { failure: null }] }, { task: 'task1' }],
      },
    });
    expect(facts).not.toHaveProperty('replayOf');
  });

  test('is never made of half a character, nor of more subjects than cosign reads', () => {
    const run = (text: string, tasks: number): string => buildRunStatement(config, buildSealedRun({ text, isCancelled: false, tasks }));
    expect(() => run('\ud800', 1)).toThrow();
    expect(() => run('', maxSubjects)).toThrow();
    expect(run('', maxSubjects - 1)).toContain('"task1"');
  });
});

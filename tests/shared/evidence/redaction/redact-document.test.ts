import { expect, test } from '@jest/globals';
import { canonicalJson, type Json } from '../../../../shared/core/json/canonical-json.ts';
import type { RedactionClass } from '../../../../shared/evidence/redaction/data-class.ts';
import { redactNow } from '../../../../shared/evidence/redaction/redactor.ts';
import { restoreDocument } from '../../../../shared/evidence/redaction/restore.ts';

function redacted(value: Json, dataClass: RedactionClass): string {
  const values = new Map<string, string>();
  const bytes = Uint8Array.from(Buffer.from(canonicalJson(value)));
  const work = { kind: 'document', dataClass, secret: new Uint8Array(32), file: 'a', bytes: Uint8Array.from(bytes) } as const;
  const shown = redactNow(work, ({ commitment, value: was }) => void values.set(commitment, was));
  const text = Buffer.from(shown.bytes).toString('utf8');
  expect(restoreDocument(text, (commitment) => values.get(commitment))).toBe(canonicalJson(value));
  return text;
}

test('who asked stays where a statement or a text of decisions says so, and nowhere else', () => {
  const actor = { sub: 'ada@example.com' };
  const known: Json[] = [
    { input: { actor } },
    { predicate: { mc_decision: { actor } } },
    { predicate: { mc_receipt: { requestedBy: actor.sub, cancellation: { by: actor.sub } } } },
  ];
  for (const value of known) expect(redacted(value, 'pii')).toContain(actor.sub);
  const others: Json[] = [{ input: { tenant: { data: { own: { actor } } } } }, { actor }, { input: { actors: actor } }];
  for (const value of others) expect(redacted(value, 'internal')).not.toContain(actor.sub);
});

test('of class pii, no words of a task or a person stay in a receipt', () => {
  const attempts = [
    { attempt: 1, failure: 'error', message: 'no record of Ada Example' },
    { attempt: 2, message: null },
  ];
  const receipt: Json = {
    predicate: {
      buildDefinition: { externalParameters: { files: [{ input: 'scan', name: 'Ada Example.pdf' }] } },
      mc_receipt: {
        cancellation: { by: 'admin', reason: '["for Ada Example"]' },
        error: { failure: 'error', message: 'no record of Ada Example' },
        steps: { entries: [{ attempts, compensationAttempts: attempts, task: 'a' }] },
      },
    },
  };
  expect(redacted(receipt, 'pii')).not.toContain('Ada');
  expect(redacted(receipt, 'pii').match(/\[withheld:text:/g)).toHaveLength(5);
  expect(redacted(receipt, 'confidential')).toBe(canonicalJson(receipt));
});

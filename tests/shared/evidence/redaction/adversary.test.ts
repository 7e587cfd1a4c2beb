/** Personal data as nobody would print it on purpose, and what must survive because it is none. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { rulesFor, type RedactionClass } from '../../../../shared/evidence/redaction/data-class.ts';
import { redactNow, type Redacted } from '../../../../shared/evidence/redaction/redactor.ts';
import { restoreLog } from '../../../../shared/evidence/redaction/restore.ts';
import { withheldIn } from '../../../../shared/evidence/redaction/withheld-in.ts';
import { awkward, beyondPatterns, disguises } from '../../../support/evidence/adversary.ts';

const line = (text: string): string => `${JSON.stringify({ at: 1, stream: 'stdout', text, taskId: 'a', attempt: 1 })}\n`;

function redacted(log: string, dataClass: RedactionClass = 'confidential'): Redacted & { restored: string } {
  const values = new Map<string, string>();
  const bytes = new TextEncoder().encode(log);
  const answer = redactNow({ kind: 'log', dataClass, secret: new Uint8Array(32).fill(7), file: 'logs/a/1.ndjson', bytes }, (opening) =>
    values.set(opening.commitment, opening.value),
  );
  return { ...answer, restored: restoreLog(new TextDecoder().decode(answer.bytes), (commitment) => values.get(commitment)) };
}

const all = Object.entries(awkward).flatMap(([kind, values]) => values.map((value) => [kind, value] as const));

describe('an awkward value', () => {
  test.each(all)('%s: %s goes, as it is and in every disguise, and comes back whole', (_, value) => {
    const disguised = [['as it is', (same: string) => same] as const, ...Object.entries(disguises)];
    const leaks = disguised.flatMap(([name, disguise]) => {
      const log = line(disguise(value));
      const { bytes, restored, withheld } = redacted(log);
      expect([name, restored]).toEqual([name, log]);
      const shown = new TextDecoder().decode(bytes);
      return Object.keys(withheld).length === 0 || shown.includes(JSON.stringify(value).slice(1, -1)) ? [`${name}: ${shown}`] : [];
    });
    expect(leaks).toEqual([]);
  });

  test('goes when only its key in a record tells, when a record repeats the key, and when JSON is not the one that would be written', () => {
    for (const text of [
      '{"phoneNumber":2025550143}',
      '{"a":"ada@example.com","a":"fine"}',
      '{ "a" : "ada\\u0040example.com" }',
      '{"ada@example.com":{"seen":true}}',
      '[["ada@example.com",["x"]]]',
    ])
      expect(new TextDecoder().decode(redacted(line(text)).bytes)).not.toMatch(/ada(@|\\+u0040)example|2025550143/);
  });

  test.each(beyondPatterns)('%s is beyond all patterns, and goes for class pii', (value) => {
    expect(new TextDecoder().decode(redacted(line(`seen ${value} here`), 'pii').bytes)).not.toContain(value);
  });
});

describe('what is no personal data survives', () => {
  const rules = rulesFor({ dataClass: 'confidential' });
  const share = (make: (digest: Buffer, index: number) => string): number => {
    const lost = Array.from({ length: 4_000 }, (_, index) => make(createHash('sha256').update(String(index)).digest(), index)).filter(
      (text) => withheldIn(text, rules).length > 0,
    );
    return lost.length / 4_000;
  };
  const hex = (digest: Buffer): string => digest.toString('hex');

  test.each<[string, (digest: Buffer, index: number) => string]>([
    ['digests', (digest) => `sha256:${hex(digest)}`],
    ['short digests', (digest) => `commit ${hex(digest).slice(0, 40)} (${hex(digest).slice(0, 7)})`],
    ['ids of 32 digits', (digest) => `trace ${hex(digest).slice(0, 32)}`],
    ['identifiers of runs', (digest) => `exec_01${hex(digest).toUpperCase().slice(0, 24)}`],
    ['base64', (digest) => `etag ${digest.toString('base64')}`],
    ['times', (_, index) => `${new Date(1_700_000_000_000 + index * 86_461_007).toISOString()} ${1_700_000_000_000 + index * 7} ms`],
    ['local times', (_, index) => `2026-11-${10 + (index % 20)} 03:40:${10 + (index % 50)},${100 + (index % 900)} INFO [main] started`],
    [
      'counts',
      (_, index) => `took ${index} ms for ${index * 17} rows, ${(index / 997).toFixed(6)} s, ${index}.${index % 100}.${index % 7}`,
    ],
    ['places in code', (_, index) => `    at f (/usr/lib/node_modules/a-b/c_d.js:${index}:${index % 80})`],
    ['requests', (_, index) => `GET /items/${index}?page=${index % 9}&sort=-date HTTP/1.1 200 ${index}`],
    ['names of resources', (_, index) => `arn:aws:lambda:eu-central-1:123456789012:function:x-${index}`],
  ])('%s', (_, make) => {
    expect(share(make)).toBe(0);
  });

  // Version 4; every tenth number of 15 or 16 digits has the check digit of a card.
  test('identifiers of 128 and 64 bits, but one in a thousand', () => {
    const uuid = (digest: Buffer): string => hex(digest).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-4$3-a$4-$5');
    expect(share(uuid)).toBeLessThan(0.001);
    expect(share((digest) => `trace=${digest.readBigUInt64BE()}`)).toBeLessThan(0.01);
  });
});

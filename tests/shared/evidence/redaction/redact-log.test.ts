import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestBytes } from '../../../../shared/core/digest.ts';
import { Commitments, isOpeningTrue, type Opening } from '../../../../shared/evidence/redaction/commitment.ts';
import { rulesFor, type RedactionClass } from '../../../../shared/evidence/redaction/data-class.ts';
import { redactLog } from '../../../../shared/evidence/redaction/redact-log.ts';
import { restoreLog } from '../../../../shared/evidence/redaction/restore.ts';
import { contexts, planted, spellings } from '../../../support/evidence/plant-pii.ts';

const secret = Buffer.alloc(32, 7);

interface Redacted {
  text: string;
  openings: Opening[];
  counts: Record<string, number>;
}

function redacted(log: string, dataClass: RedactionClass): Redacted {
  const openings: Opening[] = [];
  const commitments = new Commitments(secret, digestBytes(log), (opening) => openings.push(opening));
  const text = Buffer.from(redactLog(Buffer.from(log), rulesFor({ dataClass }), commitments)).toString();
  return { text, openings, counts: commitments.counts };
}

const line = (text: string, stream = 'stdout'): string => `${JSON.stringify({ at: 1, stream, text, taskId: 'a', attempt: 1 })}\n`;
const textsOf = (log: string): string[] =>
  log
    .trimEnd()
    .split('\n')
    .map((each) => String((JSON.parse(each) as { text: unknown }).text));

function expectRestored(log: string, { text, openings }: Redacted): void {
  expect(openings.every(isOpeningTrue)).toBe(true);
  const values = new Map(openings.map(({ commitment, value }) => [commitment, value]));
  expect(restoreLog(text, (commitment) => values.get(commitment))).toBe(log);
}

const personal = [...planted.emails, ...planted.phones, ...planted.cards, ...planted.ibans, ...planted.ssns, ...planted.secrets];
const everything = [...personal, ...planted.addresses];
const looked = Object.entries(contexts).flatMap(([name, context]) => everything.map((value) => [name, value, context(value)] as const));

describe('planted personal data', () => {
  test.each(['confidential', 'undeclared', 'pii'] as const)(
    'of all kinds, in all contexts: nothing of it is in a log of class %s',
    (dataClass) => {
      const log = looked.map(([, , text]) => line(text)).join('');
      const result = redacted(log, dataClass);
      const leaks = result.text
        .trimEnd()
        .split('\n')
        .flatMap((shown, index) => {
          const [context = '', value = ''] = looked[index] ?? [];
          return spellings(value).some((spelling) => shown.includes(spelling)) ? [`${value} ${context}: ${shown}`] : [];
        });
      expect(leaks).toEqual([]);
      expectRestored(log, result);
    },
  );

  test('in a log of class pii, no text stays, neither what the runner says of a task', () => {
    const log = line('the patient is Ada Example') + line('error: no record of Ada Example', 'system');
    const result = redacted(log, 'pii');
    expect(result.text).not.toContain('Ada');
    expectRestored(log, result);
    expect(redacted(log, 'confidential').text).toBe(log);
  });

  test('in an internal log, addresses of machines may stay and nothing else', () => {
    const log = [...personal, ...planted.addresses].map((value) => line(`seen ${value}`)).join('');
    const { text } = redacted(log, 'internal');
    expect(personal.filter((value) => text.includes(JSON.stringify(value).slice(1, -1)))).toEqual([]);
    expect(planted.addresses.every((value) => text.includes(value))).toBe(true);
  });

  test('in a public log, only what lets one act as somebody goes', () => {
    const log = [...planted.secrets, ...planted.emails].map((value) => line(`seen ${value}`)).join('');
    const { text } = redacted(log, 'public');
    expect(planted.secrets.filter((value) => text.includes(value))).toEqual([]);
    expect(text).toContain(planted.emails[0]);
  });

  test('goes wherever in a text of anything else it stands', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.constantFrom(...planted.emails),
        fc.string({ maxLength: 60 }),
        (before, value, after) => {
          const log = line(`${before} ${value} ${after}`);
          const result = redacted(log, 'internal');
          expect(result.text.includes(value)).toBe(false);
          expectRestored(log, result);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('what was split', () => {
  const email = planted.emails[0];
  const split = 8 * 1024;

  test.each([1, 5, 15, email.length - 1])('a value across two pieces of a long line goes from both, cut after %i characters', (at) => {
    const whole = `${'x'.repeat(split - at - 1)} ${email} and more`;
    const log = line(whole.slice(0, split)) + line('meanwhile', 'stderr') + line(whole.slice(split));
    const result = redacted(log, 'internal');
    const shown = textsOf(result.text);
    expect(shown[0]).toMatch(/^x+ \[withheld:email:[\w-]{43}\]$/);
    expect(shown[1]).toBe('meanwhile');
    expect(shown[2]).toMatch(/^\[withheld:email:[\w-]{43}\] and more$/);
    expectRestored(log, result);
  });

  test('a value in the middle of a line of three pieces, and one at the end of a log', () => {
    const whole = `${'y'.repeat(split + 10)} ${email} ${'z'.repeat(split)}`;
    const log = [0, 1, 2].map((index) => line(whole.slice(index * split, (index + 1) * split))).join('');
    const result = redacted(log, 'internal');
    expect(result.text).not.toContain(email);
    expect(result.counts).toEqual({ email: 1 });
    expectRestored(log, result);
  });

  test('a value in a line that was split one character earlier, so that none was cut in two', () => {
    const pad = 'x '.repeat(split);
    for (const [value, first] of [
      ['ada\u{1d400}@example.com', 'ada'],
      ['password="hunter\u{1f600}rabbit"', 'password="hunter'],
    ] as const) {
      const whole = `${pad.slice(first.length + 1, split)}${value} and more`;
      const log = line(whole.slice(0, split - 1)) + line(whole.slice(split - 1));
      const result = redacted(log, 'internal');
      expect(result.text).not.toMatch(/ada|hunter|rabbit|example/);
      expectRestored(log, result);
    }
  });

  test('a field with a telling name in JSON that was split, with all of its line; and JSON without such a field stays', () => {
    const [pad, spaced] = ['x '.repeat(split), { pad: 'y', inner: JSON.stringify([{ lastName: 'Example' }]) }];
    for (const value of [
      { pad, lastName: 'Example' },
      { spaced, pad },
    ]) {
      const whole = JSON.stringify(value, undefined, 1);
      const log = [0, 1, 2].map((index) => line(whole.slice(index * split, (index + 1) * split))).join('');
      const result = redacted(log, 'internal');
      expect(result.text).not.toContain('Example');
      expect(result.counts).toEqual({ encoded: 3 });
      expectRestored(log, result);
    }
    const harmless = JSON.stringify({ pad, lastName: '', rows: 3 });
    const log = line(harmless.slice(0, split)) + line(harmless.slice(split));
    expect(redacted(log, 'internal').text).toBe(log);
  });

  test('a value in JSON that is one piece, written with spaces, can be put back', () => {
    const log = line(JSON.stringify({ pad: 'x '.repeat(split / 2), note: `from ${email}` }, undefined, 1));
    const result = redacted(log, 'internal');
    expect(result.text).not.toContain(email);
    expectRestored(log, result);
  });

  test.each([10, 27, 34])('a private key whose first line was split after %i characters goes to its last', (at) => {
    const begin = '-----BEGIN EC PRIVATE KEY-----';
    const whole = `${'x '.repeat(split).slice(0, split - at)}${begin}and more`;
    const body = ['bm90IGEga2V5', '-----END EC PRIVATE KEY-----'];
    const log = [whole.slice(0, split), whole.slice(split), ...body, 'after'].map((text) => line(text)).join('');
    const result = redacted(log, 'public');
    expect(result.counts).toEqual({ secret: 4 });
    expect(textsOf(result.text).at(-1)).toBe('after');
    expectRestored(log, result);
  });

  test('a private key goes from its first line to its last, and only in its own stream', () => {
    const body = ['-----BEGIN EC PRIVATE KEY-----', 'bm90IGEga2V5', 'YXQgYWxs', '-----END EC PRIVATE KEY-----'];
    const log = `${line('before')}${body.map((text) => line(text) + line('other', 'stderr')).join('')}${line('after')}`;
    const result = redacted(log, 'public');
    for (const text of body) expect(result.text).not.toContain(text);
    expect(textsOf(result.text).filter((text) => !text.startsWith('[withheld:secret:'))).toEqual([
      'before',
      ...Array.from({ length: 4 }, () => 'other'),
      'after',
    ]);
    expectRestored(log, result);
  });
});

describe('fields with telling names', () => {
  test.each([
    [{ firstName: 'Ada', last_name: 'Example', 'Birth-Date': '1990-01-01', orders: 3 }, ['Ada', 'Example', '1990']],
    [{ user: { address: { street: 'Main Street 1', city: 'Springfield' } } }, ['Main', 'Springfield']],
    [{ rows: [{ password: 'hunter2' }, { Cookie: ['a', 'b=c'] }] }, ['hunter2', 'b=c']],
    [{ pan: 4111111111111111, count: 4111111111111111 }, ['4111111111111111']],
  ])('%j goes, at any depth and of any type', (value, gone) => {
    for (const text of [JSON.stringify(value), JSON.stringify({ body: JSON.stringify(value) })]) {
      const result = redacted(line(text), 'internal');
      for (const word of gone) expect(result.text).not.toContain(word);
      expectRestored(line(text), result);
    }
  });

  test.each([
    'password=hunter2 tries=3',
    'password: "hun ter2"',
    "api_key='hunter2-x'",
    'Authorization: Bearer hunter2hunter2',
    'postgres://app:hunter2@db.example/x',
  ])('%s goes outside of JSON too', (text) => {
    expect(redacted(line(text), 'public').text).not.toMatch(/hun ?ter2/);
    expectRestored(line(text), redacted(line(text), 'public'));
  });
});

describe('what is no personal data', () => {
  test.each([
    'step 12 of 40 took 913 ms at 2026-11-21 03:40:11.123, 1,024 rows',
    '{"at":1760000000000,"rows":12345678,"ok":true,"ratio":0.123456789012}',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'commit 8fd465c, exec_01K9ZQ3V5X6Y7Z8A9B0C1D2E3F, version 10.20.30-rc.1',
    'retry 3/5 in 00:12:30, eta 12:30:00, 10/12 done',
  ])('%s stays, byte for byte', (text) => {
    const log = line(text);
    expect(redacted(log, 'confidential')).toMatchObject({ text: log, openings: [] });
  });

  test('a text that looks like a commitment is withheld, so that every commitment in a pack is ours', () => {
    const forged = `[withheld:email:${'A'.repeat(43)}]`;
    const result = redacted(line(`see ${forged}`), 'public');
    expect(result.text).not.toContain(forged);
    expect(result.counts).toEqual({ reserved: 1 });
    expectRestored(line(`see ${forged}`), result);
  });

  test('a line that is no record of ours is withheld whole', () => {
    const log = `{ "text": "spaced" }\nnot JSON\n${line('fine')}`;
    const result = redacted(log, 'public');
    expect(result.counts).toEqual({ line: 2 });
    expectRestored(log, result);
  });

  test('a line that looks like a record of ours and is no JSON, or counts beyond what a number holds, is none', () => {
    const text = '"stream":"stdout","text":"to ada@example.com","taskId":"a","attempt":1}';
    const log = `{"at":007,${text}\n{"at":9007199254740993,${text}\n${line('fine')}`;
    const result = redacted(log, 'internal');
    expect(result.counts).toEqual({ line: 2 });
    expectRestored(log, result);
  });
});

describe('a commitment', () => {
  test('of equal values differs from place to place and from file to file, and comes out the same twice', () => {
    const email = planted.emails[0];
    const log = line(`${email} ${email}`);
    const [text = ''] = textsOf(redacted(log, 'internal').text);
    const [first, second] = text.split(' ');
    expect(first).not.toBe(second);
    expect(redacted(log, 'internal').text).toBe(redacted(log, 'internal').text);
    expect(redacted(`${log}\n`, 'internal').text).not.toContain(first);
  });

  test('is opened by its own value and salt, and by no other', () => {
    const [opening] = redacted(line(planted.emails[0]), 'internal').openings;
    expect(isOpeningTrue(opening!)).toBe(true);
    expect(isOpeningTrue({ ...opening!, value: planted.emails[1] })).toBe(false);
    expect(isOpeningTrue({ ...opening!, salt: Buffer.alloc(32).toString('base64url') })).toBe(false);
    expect(isOpeningTrue({ ...opening!, salt: '' })).toBe(false);
  });
});

test('a line made to be slow is looked at in time that grows with its length, not faster', () => {
  const attacks = [
    'a'.repeat(8_000) + '@',
    '1-'.repeat(4_000),
    'A1 '.repeat(2_700),
    'a:'.repeat(4_000),
    '{'.repeat(8_000),
    'eyJ'.repeat(2_700),
    '%25'.repeat(2_700),
    '1'.repeat(8_191),
    '://'.repeat(2_700),
    'token'.repeat(1_600),
  ];
  const log = attacks.flatMap((text) => Array.from({ length: 20 }, () => line(text.slice(0, 8_191)))).join('');
  const startedAt = performance.now();
  redacted(log, 'confidential');
  // 1.4 MB; honest logs of that size take some 30 ms.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('a long line of nothing but beginnings of a token is gone through once, and a token behind another beginning goes', () => {
  const split = 8 * 1024;
  const whole = '-eyJ'.repeat(256 * 1024);
  const log = Array.from({ length: whole.length / split }, (_, index) => line(whole.slice(index * split, (index + 1) * split))).join('');
  const startedAt = performance.now();
  expect(redacted(log, 'public').text).toBe(log);
  // 1 MB, in some 0.1 s; from each of the beginnings it took 8 s.
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(textsOf(redacted(line('x_eyJ-eyJhbGciOi.eyJzdWIiOi.c2ln'), 'public').text)[0]).toMatch(/^x_\[withheld:secret:[\w-]{43}\]$/);
});

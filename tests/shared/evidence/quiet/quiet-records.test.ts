/** What is passed over without being read: only what the patterns would leave as it is, and of honest logs nearly everything. */
import { describe, expect, test } from '@jest/globals';
import { lineOf, logKinds } from '../../../../scripts/bench/disclosure/log-lines.ts';
import { digestBytes } from '../../../../shared/core/digest.ts';
import { networkDetectors, personalDetectors, secretDetectors } from '../../../../shared/evidence/redaction/detectors.ts';
import { Commitments } from '../../../../shared/evidence/redaction/commitment.ts';
import { rulesFor, type RedactionClass } from '../../../../shared/evidence/redaction/data-class.ts';
import { QuietRecords } from '../../../../shared/evidence/quiet/records.ts';
import { redactLog } from '../../../../shared/evidence/redaction/redact-log.ts';
import { Withholder } from '../../../../shared/evidence/redaction/withhold.ts';
import { HostileLog } from '../../../support/evidence/hostile-logs.ts';
import { awkward, disguises } from '../../../support/evidence/adversary.ts';
import { contexts, planted } from '../../../support/evidence/plant-pii.ts';

const secret = Buffer.alloc(32, 7);
const classes = ['public', 'internal', 'confidential', 'undeclared', 'pii'] as const;
const line = (text: string, stream = 'stdout'): string => `${JSON.stringify({ at: 1, stream, text, taskId: 'a', attempt: 1 })}\n`;

function redacted(log: string, dataClass: RedactionClass, isEveryLineRead: boolean): { text: string; counts: Record<string, number> } {
  const commitments = new Commitments(secret, 'logs/a/1.ndjson');
  const bytes = redactLog(Buffer.from(log), rulesFor({ dataClass }), commitments, { isEveryLineRead });
  return { text: Buffer.from(bytes).toString(), counts: commitments.counts };
}

function quietRecords(dataClass: RedactionClass = 'confidential'): QuietRecords {
  const withholder = new Withholder(rulesFor({ dataClass }), new Commitments(secret, ''));
  return new QuietRecords((name) => withholder.isHarmless(name));
}

/** Lines that the patterns change, each by itself, and that are passed over all the same. */
function missed(lines: readonly string[], dataClass: RedactionClass = 'confidential'): string[] {
  const quiet = quietRecords(dataClass);
  return lines.filter((log) => quiet.pass(Buffer.from(log), 0) > 0 && redacted(log, dataClass, true).text !== log);
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');
/** What the patterns find in it only when it is no JSON as it would be written: a number behind a word for it. */
const unlikeWritten = (rest: string): string => `{"my_phone":"5550143",${rest}}`;
/** The characters of a piece of a long line. */
const split = 8 * 1_024;
const random = Buffer.from('fffefdfcfbfa', 'hex');

describe('the pass over the bytes', () => {
  test('was made for these patterns: whoever changes one proves first that the pass stops for all that it finds', () => {
    const patterns = [...secretDetectors, ...personalDetectors, ...networkDetectors].map(
      ({ rule, pattern }) => `${rule} ${String(pattern)}`,
    );
    expect(digestBytes(patterns.join('\n'))).toBe('sha256:da78a84717f0744468a0581013f101a1eed0aa9aa7c1765e573ebc8f112e6313');
  });
});

describe('each check is the only one that stops', () => {
  test.each([
    ...['pass=hunter22', 'pwd=hunter22', 'secret=hunter22', 'token: hunter22', 'api_key=hunter22', 'credential=hunter22'],
    ...[
      'authorization: hunter22',
      'bearer hunter2hunter',
      'Basic hunter2hunter',
      'cookie: a=b',
      'password=hunter22',
      'credentials=hunter22',
    ],
    ...['phone 5550143', 'mobile 5550143', 'tel 5550143', 'fax 5550143', 'ada at example dot org', '[withheld:', 'NO9386011117947'],
    ...[
      'of 100% eyJhbGci.eyJzdWIi',
      `AKIA${'IOSFODNN7EXAMPLE'}`,
      `nASIA${'IOSFODNN7EXAMPLE'}`,
      `AIza${'aB3dE5fG7hJ9kL1m'}`,
      `sk-${'aB3dE5fG7hJ9kL1m'}`,
    ],
    ...['ghp_', 'gho_', 'ghr_', 'ghs_', 'ghu_', 'npm_', 'xoxb-', 'glpat-', 'github_pat_'].map((token) => `${token}${'aB3dE5fG7hJ9kL1m'}`),
    ...['H4sIAAAAAAAAA0tMSQ', 'KLUv/QRYIQAAYWRhQ'],
  ])('a word: %s', (text) => {
    expect(redacted(line(text), 'confidential', true).text).not.toBe(line(text));
    expect(missed([line(text), line(`seen ${text} there`)])).toEqual([]);
  });

  test.each([
    ...[
      'ada@example.org',
      'ada@[de.ad]',
      'ada<@>example.org',
      'ada@example(.)org',
      'ada[at]example.org',
      'ada@example{dot}org',
      'ada%40example.org',
    ],
    ...[
      'ada&commat;example.org',
      'ada&#64;example.org',
      'ada=40example.org',
      'https://a:b@c',
      '?n=202+555+0143',
      'n=202+555+0143',
      'x?a=1&n=202+555+0143',
    ],
    ...['f=1.2.3.4;', 'n=4222222222222;', 'n=004420794609;', 'n=6011000990139424;', 'n=+12025550143;', 'n=202-555-0143;', 'n=078-05-1120;'],
    ...['ip=1:ab::cd;', 'ip=a:b:c:d:e:f:a:1;', 'ada\u00adb@example.org', `x ${'é'} ada@ex\u200bample.org`],
  ])('a sign or a number: %s', (text) => {
    expect(redacted(line(text), 'confidential', true).text).not.toBe(line(text));
    expect(missed([line(text)])).toEqual([]);
  });

  test.each([
    ...['to ada@example.org, of', 'to ada\\u0040example.org', 'x '.repeat(2_900) + 'ada@example.org'].map(encoded),
    ...[0, 1, 2, 3].map((skipped) => `${'/'.repeat(skipped)}${encoded('to ada@example.org')}`),
    Buffer.from('to ada@example.org').toString('hex'),
    `0x${Buffer.from('to ada@example.org').toString('hex')}`,
    Buffer.concat([random, Buffer.from('a@bb.cde')]).toString('base64'),
    Buffer.concat([random, random, Buffer.from('+12025550143'), random]).toString('base64'),
    encoded('für ada@example.org'),
  ])('an encoded text: %s', (text) => {
    expect(redacted(line(text), 'confidential', true).text).not.toBe(line(text));
    expect(missed([line(text)])).toEqual([]);
  });

  test.each([
    ...[
      '"a":01',
      '"a":-0',
      '"a":1.0',
      '"a":0.0000001',
      '"a":1e5',
      '"a":1.5e5',
      '"a":1.',
      '"a":-',
      '"a":0.12345678901234567891',
      '"a":',
      '"a":0.30000000000000001',
      '"a":trux',
      '"a":nulx',
      '"a":falsx',
    ],
    ...[
      '"a":{"b":1"c":2}',
      '"b":1;"c":2',
      '"a":[1;2]',
      '"a":[1 2]',
      '"a":1,"a":2',
      '"b":1,"1":2',
      '"a":1,',
      '"a" :1',
      '"a":\tx"',
      '"a":.5',
      '"a":[1,]',
      'a":1',
    ].values(),
  ])('JSON that would be written in another way: %s', (rest) => {
    const text = unlikeWritten(rest);
    expect(redacted(line(text), 'confidential', true).text).not.toBe(line(text));
    expect(missed([line(text)])).toEqual([]);
  });

  test.each([
    ...[
      '{"a":4222222222222}',
      '{"a":4222222222222.5}',
      '{"zjQ":"x","b":{"zip":"y"}}',
      '{"email":"x"}',
      '{"a":["x",{"ada@example.org":1}]}',
    ],
    ...[
      '{"a":"[4.222222222222e12]"}',
      '"[4.222222222222e12]"',
      '[4.222222222222e12]',
      '[true,4.222222222222e12]',
      '{"a":"ada@example.org"}',
    ],
  ])('a value of JSON: %s', (text) => {
    expect(redacted(line(text), 'confidential', true).text).not.toBe(line(text));
    expect(missed([line(text)])).toEqual([]);
  });

  test.each([
    '{"at":007,"stream":"stdout","text":"say \\"hi\\"","taskId":"a","attempt":1}',
    '{"at":12345678901234567,"stream":"stdout","text":"say \\"hi\\"","taskId":"a","attempt":1}',
    '{"at":1,"strean":"stdout","text":"x","taskId":"a","attempt":1}',
    '{"at":1,"stream":"stdout","text":"x","taskId":"a","attempt":1]',
    '{"at":1,"stream":"stdout","text":"x","taskId":"a","attempt":1} ',
    '{"at":1,"stream":"stdout","text":"x","tasks":"a","attempt":1}}',
    '{"at":1,"stream":"stdout","text":"x","taskId":"a","attempts":1',
    '{"ax":1,"stream":"stdout","text":"x","taskId":"a","attempt":1',
    '{"at":1,"stream":"stdout","text":"{\\"a\\":\\"b"c\\"}","taskId":"a","attempt":1}',
    '{"at":1,"stream":"stdout","text":"{\\"a"b\\":1}","taskId":"a","attempt":1}',
    '{"at":1,"stream":"stdout","text":"a\\x","taskId":"a","attempt":1}',
    '{"at":1,"stream":"stdout","text":"a\u0007","taskId":"a","attempt":1}',
  ])('what is no record: %s', (text) => {
    expect(redacted(`${text}\n`, 'confidential', true).counts).toEqual({ line: 1 });
    expect(missed([`${text}\n`])).toEqual([]);
  });

  test('a line that was split, be it words or JSON', () => {
    const words = `${'x '.repeat(4_093)}ada@example.org`;
    const tail = '","a":"http://b:c","rows":[1,2,3,4,5,6,7,8]}';
    const fields = `{"f":"${'x '.repeat(4_096)}`.slice(0, split - tail.length) + tail;
    for (const whole of [words, `${fields}d@example`]) {
      const log = line(whole.slice(0, split)) + line('meanwhile', 'stderr') + line(whole.slice(split));
      expect(redacted(log, 'internal', false)).toEqual(redacted(log, 'internal', true));
      expect(redacted(log, 'internal', false).counts).not.toEqual({});
    }
  });
});

describe('what is passed over', () => {
  const values = [...Object.values(planted).flat(), ...Object.values(awkward).flat()];
  const shown = [...Object.values(contexts), ...Object.values(disguises)];

  test('is no planted or awkward value, in any context or disguise', () => {
    expect(missed(values.flatMap((value) => shown.map((show) => line(show(value)))))).toEqual([]);
  });

  test('is none behind or between other words, as a value of JSON, or with letters changed to capitals', () => {
    const around = values.flatMap((value) => [
      `took 12 ms for ${value}`,
      `${value}${value}`,
      JSON.stringify({ level: 'info', rows: [1, { msg: `to ${value}` }] }),
      value.toUpperCase(),
    ]);
    expect(missed(around.map((text) => line(text)))).toEqual([]);
  });

  test.each(['public', 'internal', 'confidential'] as const)('in class %s, is no hostile line that the patterns change', (dataClass) => {
    for (let seed = 1; seed <= 60; seed++) {
      const lines = new HostileLog(seed).log(200).split('\n');
      expect([seed, missed(lines, dataClass)]).toEqual([seed, []]);
    }
  });

  test.each(classes)('in class %s, makes no difference to hostile logs as a whole', (dataClass) => {
    for (let seed = 101; seed <= 110; seed++) {
      const log = new HostileLog(seed).log(150);
      expect([seed, redacted(log, dataClass, false)]).toEqual([seed, redacted(log, dataClass, true)]);
    }
  });

  test('is no line of a private key, even where its first line is the name of a field', () => {
    const log = ['{"-----BEGIN EC PRIVATE KEY-----":[]}', 'bm90IGEga2V5', '-----END EC PRIVATE KEY-----', 'after']
      .map((text) => line(text))
      .join('');
    expect(redacted(log, 'public', false)).toEqual(redacted(log, 'public', true));
    expect(redacted(log, 'public', false).counts).toEqual({ secret: 3 });
  });

  test.each(logKinds)('is nearly every honest line: %s', (kind) => {
    const texts = Array.from({ length: 2_000 }, (_, index) => lineOf(kind, index, 1)).filter((text) => !text.includes('@mail'));
    expect(texts.filter((text) => quietRecords().pass(Buffer.from(line(text)), 0) > 0).length).toBeGreaterThan(0.99 * texts.length);
  });
});

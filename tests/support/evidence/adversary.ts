/** What somebody, or some program, does to a value before it is printed; and values that are awkward to begin with. All made up. */
import { gzipSync } from 'node:zlib';

type Disguise = (value: string) => string;

const json = (value: unknown): string => JSON.stringify(value);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const bytesOf = (value: string): number[] => [...Buffer.from(value)];

/** Values that a pattern of plain ones misses, by what is found of them. Parts of secrets are joined so that nobody who looks for leaked keys takes them for some. */
export const awkward = {
  email: [
    '"ada example"@example.com',
    'ada@[192.0.2.7]',
    'ada@[IPv6:2001:db8::1]',
    'ADA@EXAMPLE.COM',
    'ada [at] example.com',
    'ada at example dot com',
    'ada\uff20example.com',
    'ada@exam\u200bple.com',
    'ada%2540example.com',
    'ada&commat;example.com',
  ],
  phone: [
    '1-202-555-0143',
    '+49/30/5550-1234',
    '030/55501234',
    '(202)555-0143',
    'tel:+12025550143',
    '+1\u00a0202\u00a0555\u00a00143',
    '+1\u2011202\u2011555\u20110143',
    'phone: 2025550143',
  ],
  card: [
    '4111.1111.1111.1111',
    '4111_1111_1111_1111',
    '4111/1111/1111/1111',
    '4111\u00a01111\u00a01111\u00a01111',
    'card4111111111111111',
    '3782 822463 10005',
  ],
  iban: ['de89 3704 0044 0532 0130 00', 'GB82-WEST-1234-5698-7654-32', 'IBAN:DE89370400440532013000', 'NO9386011117947'],
  ssn: ['078 05 1120', '078\u201305\u20131120', 'SSN078-05-1120'],
  ip: ['::1234', 'fe80::1%eth0', '[2001:db8::7]:443', '::ffff:192.0.2.128', '192[.]0[.]2[.]7', '2001:DB8::FF'],
  secret: [
    ['eyJhbGci', 'eyJzdWIi'].join('.'),
    '--password hunter2hunter2',
    'password => hunter2hunter2',
    'password=hunter2,hunter2',
    'password="hun\\"ter2hunter2"',
    'Set-Cookie: sid=hunter2hunter2; Path=/',
    'redis://:hunter2hunter2@example.com',
  ],
} as const;

/** Whatever is done to a value like this, it goes. */
export const disguises: Readonly<Record<string, Disguise>> = {
  'between brackets': (value) => `seen (${value}), then <${value}>`,
  'between underscores': (value) => `_${value}_`,
  'in a Python value': (value) => `{'x': '${value}'}`,
  'in JSON three deep': (value) => json({ a: json({ b: json({ c: value }) }) }),
  'in JSON with spaces': (value) => JSON.stringify({ x: [value] }, undefined, 1),
  'in a query, twice': (value) => `GET /x?q=${encodeURIComponent(encodeURIComponent(value))}`,
  'in base64': (value) => base64(`to: ${value} .`),
  'in base64 in a path': (value) => `/a/${Buffer.from(`to: ${value} .`).toString('base64url')}`,
  'in base64 behind a letter': (value) => `x${base64(`to: ${value} .`)}`,
  'in base64, twice': (value) => base64(base64(`to: ${value} .`)),
  'in base64 of JSON in JSON': (value) => json({ body: base64(json({ x: value })) }),
  'in base64 of UTF-16': (value) => Buffer.from(`to: ${value} .`, 'utf16le').toString('base64'),
  'in base64 of gzip': (value) => gzipSync(`to: ${value}`).toString('base64'),
  'in hexadecimal': (value) => Buffer.from(`to: ${value} .`).toString('hex'),
  'in hexadecimal capitals': (value) => `0x${Buffer.from(`to: ${value} .`).toString('hex').toUpperCase()}`,
  'in numbers of HTML': (value) => [...value].map((letter) => `&#x${letter.codePointAt(0)?.toString(16)};`).join(''),
  'in octal escapes': (value) =>
    bytesOf(value)
      .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
      .join(''),
  'in hexadecimal escapes': (value) =>
    bytesOf(value)
      .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
      .join(''),
  'with zeros between': (value) => [...value].join('\u0000'),
  'with characters that nobody sees': (value) => [...value].join('\u200b'),
  'turned around by a mark': (value) => `\u202e${value}`,
  'coloured in the middle': (value) => `${value.slice(0, 3)}\u001b[1m${value.slice(3)}\u001b[0m`,
  'before a carriage return': (value) => `${value}\r`,
  'far inside a long line': (value) => `${'x '.repeat(3_000)}${value}${' y'.repeat(800)}`,
};

/** What a pattern cannot know, or what would cost every log its numbers: only the class `pii` is a promise for these. */
export const beyondPatterns = [
  'ada@localhost',
  '2025550143',
  'Ada Example',
  '1 Main Street',
  '192-0-2-7.example.net',
  '3221225991',
] as const;

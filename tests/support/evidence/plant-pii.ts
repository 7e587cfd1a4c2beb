/** Values that must never leave with a pack, all made up: numbers that no bank, office or company gave out, domains of RFC 2606. */
export const planted = {
  emails: [
    'ada.example+tag@mail.example.com',
    'o.brien@sub.example.co.uk',
    "o'neil@example.org",
    'jürgen@bücher.example',
    'x_1@xn--bcher-kva.example',
  ],
  phones: ['+1 202 555 0143', '+49 30 5550 1234', '(202) 555-0143', '0044 20 7946 0958', '202-555-0143', '+12025550143'],
  cards: ['4111 1111 1111 1111', '5555555555554444', '378282246310005', '6011-1111-1111-1117'],
  ibans: ['DE89370400440532013000', 'GB82 WEST 1234 5698 7654 32', 'FR1420041010050500013M02606'],
  ssns: ['078-05-1120', '219-09-9999'],
  // In parts, so that nobody who looks for leaked keys takes them for some.
  secrets: [
    'AKIAIOSFODNN7EXAMPLE',
    ['ghp', '016C7EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE'].join('_'),
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ',
    ['xoxb', '123456789012', 'EXAMPLEEXAMPLE'].join('-'),
  ],
  addresses: ['198.51.100.23', '2001:db8:85a3::8a2e:370:7334'],
} as const;

/** A context in which a value may stand in what a task prints. */
type Context = (value: string) => string;

const json = (value: unknown): string => JSON.stringify(value);

/** Escapes every character, as some serialisers do. */
const unicodeEscaped = (value: string): string =>
  [...value].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

export const contexts: Readonly<Record<string, Context>> = {
  plain: (value) => value,
  'in a sentence': (value) => `the customer ${value}, who called`,
  'at the end': (value) => `contact: ${value}`,
  'in JSON': (value) => json({ order: 17, contact: value }),
  'as a JSON text': (value) => json(value),
  'in nested JSON': (value) => json({ a: [{ b: { c: [value, 'other'] } }] }),
  'in JSON in JSON': (value) => json({ body: json({ inner: json({ contact: value }) }) }),
  'in JSON with spaces': (value) => `{ "contact": ${json(value)} }`,
  'in JSON after a word': (value) => `received {"contact":${json(value)}} from upstream`,
  'as a key': (value) => json({ [value]: 1 }),
  'in a query': (value) => `GET /search?q=${encodeURIComponent(value)}&page=2`,
  'with JSON escapes': (value) => `{"contact":"${unicodeEscaped(value)}"}`,
  'with escapes and no JSON': (value) => `contact=${unicodeEscaped(value)} done`,
  'in HTML': (value) => `<td>${[...value].map((character) => `&#${character.codePointAt(0)};`).join('')}</td>`,
  'in base64': (value) => `payload ${Buffer.from(`contact: ${value}; end`).toString('base64')}`,
  'between colours': (value) => `\u001b[31m${value}\u001b[0m`,
};

/** Every spelling of a value that an attentive reader would take for it. */
export function spellings(value: string): string[] {
  return [
    value,
    json(value).slice(1, -1),
    encodeURIComponent(value),
    unicodeEscaped(value),
    Buffer.from(value).toString('base64').slice(0, -4),
  ];
}

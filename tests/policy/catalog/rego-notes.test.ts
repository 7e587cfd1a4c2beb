import { describe, expect, test } from '@jest/globals';
import { readRegoNotes } from '../../../policy/catalog/rego-notes.ts';

const notes = (text: string): ReturnType<typeof readRegoNotes> => readRegoNotes('calm', [{ file: 'calm.rego', text }]);

const rule = (custom: string, head = 'deny contains x if {'): string => `# METADATA
# title: Calm
# description: Keeps calm.
package calm

# METADATA
# title: Loud
# description: Nobody shouts.
# custom:
${custom
  .split('\n')
  .map((line) => `#   ${line}`)
  .join('\n')}
${head}
	x := \`
deny contains "in a raw string" if {
\`
}
`;
const complete = 'short_name: loud\nfailure_msg: Too loud.\nsolution: Speak softly.\nseverity: failure\neffective_on: 2026-01-01';

describe('what rules say about themselves', () => {
  test('is read from the METADATA in front of them, and a day is the first moment of it', () => {
    expect(notes(rule(complete))).toEqual({
      title: 'Calm',
      description: 'Keeps calm.',
      gaps: [],
      rules: [
        {
          rule: 'calm.loud',
          severity: 'failure',
          title: 'Loud',
          description: 'Nobody shouts.',
          message: 'Too loud.',
          solution: 'Speak softly.',
          effectiveOn: '2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  test('is read of rules in Rego v0 as well', () => {
    expect(notes(rule(complete, 'deny[x] {')).rules).toHaveLength(1);
  });

  test('lacks everything that is not there, each at its line', () => {
    const { gaps } = notes(rule('short_name: Loud'));
    expect(gaps.map(({ message }) => message)).toEqual([
      expect.stringContaining('custom.short_name'),
      expect.stringContaining('custom.failure_msg'),
      expect.stringContaining('custom.solution'),
      expect.stringContaining('custom.severity'),
    ]);
    expect(gaps.every(({ line, fix }) => line === 11 && fix !== undefined)).toBe(true);
  });

  test('is wrong when a warning calls itself a failure', () => {
    expect(notes(rule(complete, 'warn contains x if {')).gaps).toEqual([expect.objectContaining({ allowed: 'warning' })]);
  });

  test('is lacking when the YAML cannot be read', () => {
    expect(notes('# METADATA\n# title: [\npackage calm\n').gaps).toHaveLength(1);
    expect(notes(rule('short_name: [')).gaps).not.toEqual([]);
  });

  test.each([
    ['aliases', 'short_name: &a loud\nseverity: *a'],
    ['an alias of nothing', 'short_name: *a'],
    ['more than 4 Ki characters', `short_name: loud # ${'x'.repeat(4 * 1024)}`],
    ['more levels than can be read', `short_name: ${'['.repeat(1_900)}${']'.repeat(1_900)}`],
  ])('is lacking when it has %s', (_, custom) => {
    const allowed = 'YAML without aliases, at most 4096 characters';
    expect(notes(rule(custom)).gaps).toEqual([expect.objectContaining({ allowed })]);
    const ofPackage = rule(complete).replace('# title: Calm', `# title: Calm\n# custom:\n#   ${custom.replace('\n', '\n#   ')}`);
    expect(notes(ofPackage).title).toBeUndefined();
  });

  test('is not read when it is longer than anybody would write', () => {
    const notRead = { title: undefined, rules: [], gaps: [expect.objectContaining({ allowed: 'at most 32768 characters' })] };
    expect(notes(Array.from({ length: 10 }, () => rule(`# ${'x'.repeat(3_500)}`)).join('\n'))).toMatchObject(notRead);
  });

  test('may name a key twice: that is not looked for, because it takes too long', () => {
    expect(notes(rule(`${complete}\nshort_name: loud`)).gaps).toEqual([]);
  });

  test('is not asked of rules that only help others, nor found in strings and brackets', () => {
    const text =
      '# METADATA\n# title: Calm\n# description: Calm.\npackage calm\n\nallow if {\n\tx == "{"\n}\n\nlist := [\n"a",\n]\n# deny contains x\n';
    expect(notes(text)).toMatchObject({ gaps: [], rules: [] });
  });
});

import { describe, expect, test } from '@jest/globals';
import { validateManifest } from '../../../shared/manifest/validate-manifest.ts';
import { buildManifest, buildOneTask } from '../../support/build-manifest.ts';

const found = (value: unknown): string[] => validateManifest(value).map(({ code, pointer }) => `${code} ${pointer}`);
const tasks = (...needs: [string, string[]][]): unknown[] => needs.map(([id, of]) => ({ id, uses: 'pkg:demo/echo@1.0.0', needs: of }));

interface Case {
  name: string;
  value: unknown;
  issues: string[];
}

const wholeManifest: Case[] = [
  { name: 'nothing', value: undefined, issues: ['required '] },
  { name: 'null', value: null, issues: ['invalid-type '] },
  { name: 'a list', value: [], issues: ['invalid-type '] },
  { name: 'an empty object', value: {}, issues: ['required /name', 'required /version', 'required /tasks'] },
  { name: 'no tasks', value: buildManifest({ tasks: [] }), issues: ['too-small /tasks'] },
  { name: 'tasks that are no list', value: buildManifest({ tasks: 'all' }), issues: ['invalid-type /tasks'] },
  {
    name: 'tasks that are no objects',
    value: buildManifest({ tasks: [5, null] }),
    issues: ['invalid-type /tasks/0', 'invalid-type /tasks/1'],
  },
  { name: 'a short name', value: buildManifest({ name: 'x' }), issues: ['invalid-format /name'] },
  { name: 'a name like an id', value: buildManifest({ name: 'wf_01K9ZZZZZZZZZZZZZZZZZZZZZZ' }), issues: ['reserved-name /name'] },
  { name: 'an unknown field', value: buildManifest({ task: [] }), issues: ['unknown-field /task'] },
  { name: 'an unknown class', value: buildManifest({ resourceClass: 'huge' }), issues: ['invalid-value /resourceClass'] },
  { name: 'a run timeout over a day', value: buildManifest({ timeout: '25h' }), issues: ['timeout-limit /timeout'] },
  { name: 'a run timeout that is none', value: buildManifest({ timeout: 'soon' }), issues: ['invalid-format /timeout'] },
  {
    name: 'inputs that are a list',
    value: buildManifest({ inputs: [] }),
    issues: ['invalid-type /inputs', 'unknown-input /tasks/0/with/message'],
  },
  { name: 'a number that no table stores', value: buildOneTask({ with: { a: [-1e126] } }), issues: ['number /tasks/0/with/a/0'] },
  { name: 'a number nearer to 0 than a table stores', value: buildOneTask({ with: { a: 9e-131 } }), issues: ['number /tasks/0/with/a'] },
  { name: 'the least and the largest numbers', value: buildOneTask({ with: { a: [0, 1e-130, -9.99e125] } }), issues: [] },
  {
    name: 'a value below a name that is too long',
    value: buildOneTask({ with: { ['x'.repeat(1_010)]: { a: 1, b: Infinity } } }),
    issues: ['path /tasks/0/with/' + 'x'.repeat(1_010)],
  },
  { name: 'a value below a name that is just short enough', value: buildOneTask({ with: { ['x'.repeat(1_008)]: { a: 1 } } }), issues: [] },
  { name: 'a number that JSON lacks', value: buildOneTask({ with: { a: { b: Infinity } } }), issues: ['number /tasks/0/with/a/b'] },
  { name: 'half a surrogate pair', value: buildManifest({ description: 'a\ud800' }), issues: ['text /description'] },
  { name: 'a key with half a surrogate pair', value: buildOneTask({ with: { 'a\ud800': 1 } }), issues: ['text /tasks/0/with'] },
  {
    name: '__proto__ as a key',
    value: buildOneTask({ with: JSON.parse('{"__proto__": 1}') as unknown }),
    issues: ['key /tasks/0/with/__proto__'],
  },
];

const versions: Case[] = [
  '1.0',
  'v1.0.0',
  '01.0.0',
  '1.0.0-a..b',
  '1.0.0-01',
  ' 1.0.0',
  `1.0.0-${'a'.repeat(64)}`,
  '99999999999999999999.0.0',
].map((version) => ({ name: `version ${version.slice(0, 20)}`, value: buildManifest({ version }), issues: ['semver /version'] }));

const masking = (redact: string[], given: object, more: object = {}): unknown =>
  buildManifest({
    inputs: { who: { type: 'object' }, doc: { type: 'file' }, other: { type: 'string' } },
    tasks: [
      { id: 'first', uses: 'pkg:demo/echo@1.0.0' },
      { id: 'greet', uses: 'pkg:demo/echo@1.0.0', needs: ['first'], with: given, redact, ...more },
    ],
  });
const masks: Case[] = [
  { name: 'a mask of an input that is not there', value: masking(['/b'], { a: 1 }), issues: ['redact-nothing /tasks/1/redact/0'] },
  { name: 'a mask without any input', value: masking(['/a'], {}, { with: undefined }), issues: ['redact-nothing /tasks/1/redact/0'] },
  { name: 'a mask of a name with a slash', value: masking(['/a~1b'], { 'a/b': 1 }), issues: [] },
  {
    name: 'a masked input of the run in the open',
    value: masking(['/a'], { a: '${{ inputs.who }}', b: { c: ['x', 'Hello ${{ inputs.who }}'] }, d: '${{ inputs.other }}' }),
    issues: ['redact-leak /tasks/1/with/b/c/1'],
  },
  {
    name: 'the same masked twice',
    value: masking(['/a', '/b/c'], { a: '${{ inputs.who }}', b: { c: ['x', 'Hello ${{ inputs.who }}'] } }),
    issues: [],
  },
  {
    name: 'an input masked in part, and whole in the open',
    value: masking(['/a/email'], { a: '${{ inputs.who }}', b: '${{ inputs.who }}' }),
    issues: ['redact-leak /tasks/1/with/b'],
  },
  {
    name: 'a masked part of a file, and its file in the open',
    value: masking(['/a'], { a: '${{ inputs.doc.name }}', b: '${{ inputs.doc }}', c: '${{ inputs.doc.digest }}' }),
    issues: ['redact-leak /tasks/1/with/b'],
  },
  {
    name: 'a masked output of a task, and what holds it in the open',
    value: masking(['/a'], {
      ...{ a: '${{ tasks.first.outputs.person.email }}', b: '${{ tasks.first.outputs.person }}' },
      ...{ c: '${{ tasks.first.outputs.person.age }}', d: '${{ tasks.first.outputs.personal }}' },
    }),
    issues: ['redact-leak /tasks/1/with/b'],
  },
  { name: 'masks that are no list', value: masking([], { a: 1 }, { redact: 'a' }), issues: ['invalid-type /tasks/1/redact'] },
];

const packages: Case[] = [
  { name: 'no package URL', value: buildOneTask({ uses: 'demo/echo' }), issues: ['package-ref /tasks/0/uses'] },
  { name: 'no version', value: buildOneTask({ uses: 'pkg:demo/echo' }), issues: ['package-ref /tasks/0/uses'] },
  { name: 'an empty version', value: buildOneTask({ uses: 'pkg:demo/echo@' }), issues: ['package-ref /tasks/0/uses'] },
  { name: 'a broken escape', value: buildOneTask({ uses: 'pkg:demo/e%ZZ@1.0.0' }), issues: ['package-ref /tasks/0/uses'] },
  { name: 'a type that begins with a digit', value: buildOneTask({ uses: 'pkg:1demo/echo@1.0.0' }), issues: ['package-ref /tasks/0/uses'] },
  { name: 'another spelling of a package', value: buildOneTask({ uses: 'pkg:npm/Echo@1.0.0' }), issues: ['package-ref /tasks/0/uses'] },
  {
    name: 'a reference as package',
    value: buildOneTask({ uses: 'pkg:demo/${{ inputs.who }}@1.0.0' }),
    issues: ['package-ref /tasks/0/uses'],
  },
  { name: 'a package that is no text', value: buildOneTask({ uses: 7 }), issues: ['invalid-type /tasks/0/uses'] },
  {
    name: 'a compensation without version',
    value: buildOneTask({ compensate: { uses: 'pkg:demo/echo' } }),
    issues: ['package-ref /tasks/0/compensate/uses'],
  },
  { name: 'a compensation that is text', value: buildOneTask({ compensate: 'undo' }), issues: ['invalid-type /tasks/0/compensate'] },
  { name: 'a task timeout over an hour', value: buildOneTask({ timeout: '61m' }), issues: ['timeout-limit /tasks/0/timeout'] },
  { name: 'too many retries', value: buildOneTask({ retries: 11 }), issues: ['too-big /tasks/0/retries'] },
];

const rule = (host: unknown, ...ports: unknown[]): unknown => ({ host, ports });
const egress: Case[] = [
  {
    name: 'a host twice, in other letters',
    value: buildOneTask({ egress: { allow: [rule('a.example', 443), rule('A.example', 80)] } }),
    issues: ['duplicate-egress /tasks/0/egress/allow/1/host'],
  },
  {
    name: 'a port twice',
    value: buildOneTask({ egress: { allow: [rule('a.example', 443, 80, 443)] } }),
    issues: ['duplicate-egress /tasks/0/egress/allow/0/ports/2'],
  },
  {
    name: 'a wildcard',
    value: buildOneTask({ egress: { allow: [rule('*.example', 443)] } }),
    issues: ['invalid-format /tasks/0/egress/allow/0/host'],
  },
  {
    name: 'rules of wrong types',
    value: buildOneTask({ egress: { allow: [4, { host: 1, ports: 2 }, rule(1, 443)] } }),
    issues: [
      'invalid-type /tasks/0/egress/allow/0',
      'invalid-type /tasks/0/egress/allow/1/host',
      'invalid-type /tasks/0/egress/allow/1/ports',
      'invalid-type /tasks/0/egress/allow/2/host',
    ],
  },
  { name: 'allow that is no list', value: buildOneTask({ egress: { allow: 1 } }), issues: ['invalid-type /tasks/0/egress/allow'] },
  { name: 'egress that is null', value: buildOneTask({ egress: null }), issues: ['invalid-type /tasks/0/egress'] },
];

const inputs = (declarations: Record<string, unknown>): unknown => buildManifest({ inputs: { who: { type: 'string' }, ...declarations } });
const declarations: Case[] = [
  { name: 'an unknown type', value: inputs({ a: { type: 'text', default: 1 } }), issues: ['invalid-value /inputs/a/type'] },
  { name: 'a declaration that is text', value: inputs({ a: 'string' }), issues: ['invalid-type /inputs/a'] },
  { name: 'a name that is none', value: inputs({ '1a': { type: 'string' } }), issues: ['invalid-key /inputs/1a'] },
  {
    name: 'required with a default',
    value: inputs({ a: { type: 'string', required: true, default: '' } }),
    issues: ['required-default /inputs/a/required'],
  },
  {
    name: 'a default of another type',
    value: inputs({ a: { type: 'integer', default: 1.5 } }),
    issues: ['default-type /inputs/a/default'],
  },
  {
    name: 'a file default that is a path',
    value: inputs({ a: { type: 'file', default: './x' } }),
    issues: ['default-type /inputs/a/default'],
  },
  { name: 'a default that is no JSON', value: inputs({ a: { type: 'number', default: NaN } }), issues: ['number /inputs/a/default'] },
  {
    name: 'too many inputs',
    value: inputs(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`i${at}`, { type: 'string' }]))),
    issues: ['too-big /inputs'],
  },
];

const needs: Case[] = [
  { name: 'an id twice', value: buildManifest({ tasks: tasks(['a', []], ['a', []]) }), issues: ['duplicate-id /tasks/1/id'] },
  { name: 'a missing id', value: buildManifest({ tasks: [{ uses: 'pkg:demo/echo@1.0.0' }] }), issues: ['required /tasks/0/id'] },
  {
    name: 'a task that more tasks need than one transaction releases',
    value: buildManifest({
      tasks: tasks(['root', []], ...Array.from({ length: 91 }, (_, index): [string, string[]] => [`t${index}`, ['root']])),
    }),
    issues: ['too-many-dependents /tasks/91/needs/0'],
  },
  { name: 'a need of itself', value: buildManifest({ tasks: tasks(['a', ['a']]) }), issues: ['self-need /tasks/0/needs/0'] },
  {
    name: 'a need twice',
    value: buildManifest({ tasks: tasks(['a', []], ['b', ['a', 'a']]) }),
    issues: ['duplicate-need /tasks/1/needs/1'],
  },
  { name: 'an unknown need', value: buildManifest({ tasks: tasks(['a', ['zzz']]) }), issues: ['unknown-need /tasks/0/needs/0'] },
  {
    name: 'a need that is no text',
    value: buildManifest({ tasks: [{ id: 'a', uses: 'pkg:demo/echo@1.0.0', needs: [1] }] }),
    issues: ['invalid-type /tasks/0/needs/0'],
  },
  { name: 'a cycle of two', value: buildManifest({ tasks: tasks(['a', ['b']], ['b', ['a']]) }), issues: ['cycle /tasks/0/needs/0'] },
  {
    name: 'two cycles and a task behind one',
    value: buildManifest({ tasks: tasks(['z', ['a']], ['a', ['b']], ['b', ['a']], ['c', ['d']], ['d', ['e', 'c']], ['e', ['c']]) }),
    issues: ['cycle /tasks/1/needs/0', 'cycle /tasks/3/needs/0'],
  },
];

const withText = (text: string, more: Record<string, unknown> = {}): unknown =>
  buildManifest({
    inputs: { who: { type: 'string' }, lock: { type: 'file' } },
    tasks: [
      ...tasks(['first', []], ['other', []], ['second', ['first']]),
      { id: 'last', uses: 'pkg:demo/echo@1.0.0', needs: ['second'], with: { text }, ...more },
    ],
  });
const references: Case[] = [
  { name: 'of a need of a need', value: withText('${{ tasks.first.outputs.a.0.b }} and ${{ inputs.lock.path }}'), issues: [] },
  { name: 'to an undeclared input', value: withText('${{ inputs.whom }}'), issues: ['unknown-input /tasks/3/with/text'] },
  { name: 'to an input called constructor', value: withText('${{ inputs.constructor }}'), issues: ['unknown-input /tasks/3/with/text'] },
  { name: 'to the path of text', value: withText('${{ inputs.who.path }}'), issues: ['reference /tasks/3/with/text'] },
  { name: 'to an unknown task', value: withText('${{ tasks.frist.outputs.a }}'), issues: ['unknown-task /tasks/3/with/text'] },
  { name: 'to a task that is not needed', value: withText('${{ tasks.other.outputs.a }}'), issues: ['not-needed /tasks/3/with/text'] },
  { name: 'to itself', value: withText('${{ tasks.last.outputs.a }}'), issues: ['not-needed /tasks/3/with/text'] },
  { name: 'without an end', value: withText('x ${{ inputs.who }'), issues: ['reference /tasks/3/with/text'] },
  { name: 'with nothing inside', value: withText('${{ }}'), issues: ['reference /tasks/3/with/text'] },
  {
    name: 'to something else',
    value: withText('${{ env.HOME }} ${{ tasks.first }}'),
    issues: ['reference /tasks/3/with/text', 'reference /tasks/3/with/text'],
  },
  {
    name: 'of a compensation to its own task and to one that is not needed',
    value: withText('', {
      compensate: { uses: 'pkg:demo/echo@1.0.0', with: { a: '${{ tasks.last.outputs.a }}', b: ['${{ tasks.other.outputs.a }}'] } },
    }),
    issues: ['not-needed /tasks/3/compensate/with/b/0'],
  },
  {
    name: 'of outputs to any task, and to an unknown one',
    value: { ...buildManifest(), outputs: { a: '${{ tasks.shout.outputs.x }}', b: '${{ tasks.shoot.outputs.x }}' } },
    issues: ['unknown-task /outputs/b'],
  },
  {
    name: 'of a task without an id',
    value: buildManifest({ tasks: [{ uses: 'pkg:demo/echo@1.0.0', with: { a: '${{ tasks.b.outputs.x }}' } }, ...tasks(['b', []])] }),
    issues: ['required /tasks/0/id', 'not-needed /tasks/0/with/a'],
  },
];

describe('a manifest with a problem', () => {
  const groups = { wholeManifest, versions, masks, packages, egress, declarations, needs, references };
  describe.each(Object.entries(groups))('%s', (_, cases) => {
    test.each(cases)('$name: exactly its problems are found, at their places', ({ value, issues }) => {
      expect(found(value)).toEqual(issues);
    });
  });

  test('gets every problem at once, of the schema and of the rules between fields', () => {
    const broken = buildManifest({ name: '?', version: '1', tasks: tasks(['a', ['b']], ['b', ['a', 'c']]) });
    expect(found(broken)).toEqual(['invalid-format /name', 'semver /version', 'unknown-need /tasks/1/needs/1', 'cycle /tasks/0/needs/0']);
  });

  test('is told what is allowed and how to mend it, for every kind of issue', () => {
    const issues = [wholeManifest, versions, masks, packages, egress, declarations, needs, references]
      .flat()
      .flatMap(({ value }) => validateManifest(value));
    const silent = issues.filter(
      ({ fix, message, allowed, code }) => !fix || !message || (!allowed && !['required', 'key', 'invalid-key'].includes(code)),
    );
    expect(silent).toEqual([]);
  });
});

describe('a message', () => {
  const only = (value: unknown) => validateManifest(value)[0];

  test('names the whole cycle', () => {
    expect(only(buildManifest({ tasks: tasks(['a', ['b']], ['b', ['c']], ['c', ['a']]) }))?.message).toBe(
      'these tasks wait for each other: a → b → c → a',
    );
  });

  test.each([
    ['a need', buildManifest({ tasks: tasks(['build', []], ['test', ['biuld']]) }), 'Did you mean build?'],
    ['a field', buildManifest({ input: {} }), 'Did you mean inputs?'],
    ['a field of a task', buildOneTask({ neds: [] }), 'Did you mean needs?'],
    ['an input', withText('${{ inputs.loc }}'), 'Did you mean lock?'],
    ['a version', buildManifest({ version: '1.2' }), 'Did you mean 1.2.0?'],
    ['a package without version', buildOneTask({ uses: 'pkg:demo/echo' }), 'Add the exact version, such as pkg:demo/echo@1.0.0.'],
  ])('suggests what was meant by %s', (_, value, fix) => {
    expect(only(value)?.fix).toBe(fix);
  });

  test('of an unknown need names the other tasks, and never suggests the one that needs', () => {
    const lonely = only(buildManifest({ tasks: tasks(['built', ['build']]) }));
    expect([lonely?.allowed, lonely?.fix]).toEqual(['no need, for want of another task', 'Add the task or remove the need.']);
    const one = only(buildManifest({ tasks: tasks(['fetch', []], ['built', ['build']], ['test', []]) }));
    expect([one?.allowed, one?.fix]).toEqual(['ids of other tasks: fetch, test', 'Add the task or remove the need.']);
  });

  test('suggests nothing when nothing is near', () => {
    expect(only(buildManifest({ version: 'latest' }))?.fix).toBe('Write it as 1.0.0.');
    expect(only(buildManifest({ somethingElse: 1 }))?.fix).toBe('Remove it.');
  });
});

describe('limits', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  test('a value at the depth limit is accepted, one level more is refused, and nothing else is looked at', () => {
    expect(found(buildOneTask({ with: { a: nested(27) } }))).toEqual([]);
    expect(found(buildOneTask({ with: { a: nested(28) } }))).toEqual([`depth /tasks/0/with/a${'/0'.repeat(28)}`]);
    expect(found({ bad: nested(40_000 / 10) })).toEqual([`depth ${'/bad'}${'/0'.repeat(31)}`]);
  });

  test('as many tasks as are allowed are judged; of more only the number is', () => {
    const many = (count: number) =>
      buildManifest({ tasks: tasks(...Array.from({ length: count }, (_, at): [string, string[]] => [`t${at}`, []])) });
    expect(found(many(500))).toEqual([]);
    expect(found(many(501))).toEqual(['too-big /tasks']);
  });

  test('an answer lists at most 500 problems and says how many there are more', () => {
    const issues = validateManifest(Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`f${at}`, 1])));
    expect(issues).toHaveLength(501);
    expect(issues.at(-1)?.message).toBe('103 more problems are not listed');
  });

  test.each([
    ['needs', { needs: Array.from({ length: 1_000 }, (_, at) => `${'n'.repeat(20)}x${at}`) }],
    ['references', { with: { a: Array.from({ length: 1_000 }, (_, at) => `\${{ tasks.${'n'.repeat(20)}x${at}.outputs.y }}`).join('') } }],
  ])('of thousands of %s of long ids that are not there, only the first are compared with all ids', (_, fields) => {
    const others = Array.from({ length: 499 }, (__, at) => ({ id: `${'n'.repeat(20)}${at}`, uses: 'pkg:demo/echo@1.0.0' }));
    const value = buildManifest({ tasks: [...others, { id: 'last', uses: 'pkg:demo/echo@1.0.0', ...fields }] });
    const issues = validateManifest(value);
    expect(issues.filter(({ fix }) => fix?.startsWith('Did you mean'))).toHaveLength(20);
  });

  test('a dense graph of 500 tasks with 50 needs each is judged, cyclic or not', () => {
    const dense = (shift: number) =>
      buildManifest({
        tasks: Array.from({ length: 500 }, (_, at) => ({
          id: `t${at}`,
          uses: 'pkg:demo/echo@1.0.0',
          needs: Array.from({ length: 50 }, (__, back) => `t${(at - 1 - back + shift) % 500}`).filter(
            (need) => shift > 0 || !need.includes('-'),
          ),
          with: { a: `\${{ tasks.t${Math.max(0, at - 1)}.outputs.x }}` },
        })),
      });
    expect(validateManifest(dense(0)).map(({ code }) => code)).toEqual(['not-needed']); // Only the first task, which refers to itself.
    expect(validateManifest(dense(500)).some(({ code }) => code === 'cycle')).toBe(true);
  });
});

describe('a hostile manifest', () => {
  test('of tens of thousands of mistakes is judged in seconds, not in the square of their number', () => {
    const given = Object.fromEntries(Array.from({ length: 40_000 }, (_, at) => [`k${at}`, Infinity]));
    const begunAt = performance.now();
    const issues = validateManifest(buildOneTask({ with: given }));
    expect(performance.now() - begunAt).toBeLessThan(15_000);
    expect(new Set(issues.map(({ code }) => code))).toEqual(new Set(['number', 'more']));
  }, 60_000);

  test('of more masks than there may be has as many looked at', () => {
    const redact = Array.from({ length: 60 }, (_, at) => `/k${at}`);
    const codes = validateManifest(buildOneTask({ redact })).map(({ code }) => code);
    expect([codes.length, new Set(codes)]).toEqual([51, new Set(['too-big', 'redact-nothing'])]);
  });
});

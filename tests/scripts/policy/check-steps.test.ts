/** Every step of the pack checks passes a pack with nothing wrong, and fails one that is broken in the way the step is there for. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { untar } from '../../../policy/engine/untar.ts';
import { buildBundle } from '../../../scripts/policy/build-pack.ts';
import { checkAnnotations } from '../../../scripts/policy/check/check-annotations.ts';
import { checkBundle } from '../../../scripts/policy/check/check-bundle.ts';
import { checkFlakes } from '../../../scripts/policy/check/check-flakes.ts';
import { checkFormat } from '../../../scripts/policy/check/check-format.ts';
import { checkGoldens } from '../../../scripts/policy/check/check-goldens.ts';
import { checkLint } from '../../../scripts/policy/check/check-lint.ts';
import { checkPages } from '../../../scripts/policy/check/check-pages.ts';
import type { CheckStep } from '../../../scripts/policy/check/check-step.ts';
import { checkSteps } from '../../../scripts/policy/check/check-steps.ts';
import { checkTests } from '../../../scripts/policy/check/check-tests.ts';
import { runChecks } from '../../../scripts/policy/check/run-checks.ts';
import { checkDifferential } from '../../../scripts/policy/differential/check-differential.ts';
import { findOpa } from '../../../scripts/policy/find-opa.ts';
import { packPages } from '../../../scripts/policy/pack-pages.ts';
import { openSigningKey, type SigningKey } from '../../../scripts/policy/signing-key.ts';
import { buildArchive } from '../../support/build-policy-bundle.ts';
import { checkContext, copyCalmPack, type PackCopy } from '../../support/copy-calm-pack.ts';

const opa = findOpa();
const withOpa = opa === undefined ? test.skip : test;
const without = opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';

let pack: PackCopy;
beforeEach(() => {
  pack = copyCalmPack();
});
afterEach(() => {
  pack.remove();
});

const v0Rules = `# METADATA
# title: Calm
# description: A pack of the old days.
package mc.calm

verdict = {"deny": deny, "warn": set()}

# METADATA
# title: Closed region
# description: Nothing is asked for in a region that is closed.
# custom:
#   short_name: region_closed
#   failure_msg: A region is closed.
#   solution: Ask for another region.
#   severity: failure
#   effective_on: 2026-01-01
deny[entry] {
	region := object.get(input.request, "region", "")
	region == data.mc.calm.closed_regions[_]
	entry := {"rule": "calm.region_closed", "message": "It is closed.", "got": region, "allowed": "any other", "solution": "Ask for another."}
}
`;
const v0Tests = `package mc.calm_test

test_closed {
	count(data.mc.calm.verdict.deny) == 1 with input as {"request": {"region": "XX"}}
}
`;
const v0Cases = [
  { title: 'a', kind: 'allow', change: {}, expect: { verdict: 'allow', rules: [] } },
  { title: 'b', kind: 'deny', change: { request: { region: 'XX' } }, expect: { verdict: 'deny', rules: ['calm.region_closed'] } },
  {
    title: 'c',
    kind: 'bad-data',
    change: {},
    data: { closed_regions: ['US'] },
    expect: { verdict: 'deny', rules: ['calm.region_closed'] },
  },
];

/** The places and messages of everything a step finds wrong with the pack, without the folder it lies in. */
async function problemsOf(step: CheckStep, more: Parameters<typeof checkContext>[0] = {}): Promise<string[]> {
  const { problems } = await step.run(checkContext(more), pack.sources());
  for (const { fix } of problems) expect(fix).not.toBe('');
  return problems.map(({ place, message }) => `${place.replace(/^.*\/calm(?=[/ ]|$)/, '')}: ${message}`);
}

withOpa(`a pack with nothing wrong passes every step${without}`, async () => {
  const results = await runChecks(checkContext(), [pack.sources()], checkSteps);
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  expect(results.map(({ step, verdict }) => `${step} ${verdict}`)).toEqual(checkSteps.map(({ name }) => `${name} passed`));
});

withOpa(`a step that cannot even look at a pack is a problem of that step, and the others go on${without}`, async () => {
  pack.change('goldens.json', '"bad-data"', '"no-kind"');
  pack.change('.manifest', '"rego_version": 1', '"rego_version": 7');
  pack.change('bundle.tar.gz', undefined, 'no archive');
  const results = await runChecks(checkContext(), [pack.sources()], checkSteps);
  expect(results.map(({ verdict }) => verdict)).toEqual(checkSteps.map(() => 'failed'));
  expect(results.every(({ problems }) => problems.length > 0)).toBe(true);
});

test('without OPA the steps that need it are said not to have been run, and never to have passed', async () => {
  const ran: string[] = [];
  const step = (name: string, needsOpa: boolean): CheckStep => ({
    name,
    needsOpa,
    run: async () => {
      ran.push(name);
      return { facts: '', problems: [] };
    },
  });
  const results = await runChecks(checkContext({ hasOpa: false }), [pack.sources()], [step('with', true), step('without', false)]);
  expect(ran).toEqual(['without']);
  expect(results.map(({ verdict }) => verdict)).toEqual(['skipped', 'passed']);
  expect(results[0]?.facts).toContain('NOT CHECKED');
});

describe('format', () => {
  withOpa(`names every file that opa fmt would lay out differently${without}`, async () => {
    pack.change('calm.rego', 'verdict := {"deny": deny, "warn": warn}', 'verdict  := {"deny":deny, "warn": warn}');
    pack.change('calm_test.rego', 'import data.mc.calm', 'import   data.mc.calm');
    expect(await problemsOf(checkFormat)).toEqual([
      expect.stringContaining('/calm.rego:10: is not laid out as opa fmt does it'),
      expect.stringContaining('/calm_test.rego:3: is not laid out as opa fmt does it'),
    ]);
  });

  withOpa(`says so when a file is no Rego at all${without}`, async () => {
    pack.change('calm_test.rego', undefined, 'not rego');
    expect(await problemsOf(checkFormat)).toEqual([expect.stringMatching(/^\/calm_test\.rego: .*package expected/)]);
  });
});

describe('lint', () => {
  withOpa(`reports every error of OPA's strict compiler with its line${without}`, async () => {
    pack.change('calm.rego', undefined, 'package mc.calm\n\nf(x) := 1\n\ng(y) := 1\n');
    expect(await problemsOf(checkLint)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\/calm\.rego:3: .*unused argument x/),
        expect.stringMatching(/^\/calm\.rego:5: .*unused argument y/),
      ]),
    );
  });

  withOpa(`reports what the misconfiguration guard finds${without}`, async () => {
    pack.change('calm.rego', 'verdict := {', 'default allow := true\n\nverdict := {');
    expect(await problemsOf(checkLint)).toEqual([expect.stringContaining('allow')]);
  });
});

describe('tests', () => {
  withOpa(`every line of the rules that no test reaches is a problem${without}`, async () => {
    pack.change('calm.rego', 'usable_fields contains', 'closed := [] if {\n\tinput.never\n\tinput.ever\n}\n\nusable_fields contains');
    expect(await problemsOf(checkTests)).toEqual(['/calm.rego:56: no test reaches this line', '/calm.rego:58: no test reaches this line']);
  });

  withOpa(`a test that fails, one that is skipped and one that ends in an error are problems${without}`, async () => {
    const faulty = ['test_failing if false', 'todo_test_later if true', 'test_error if f(1) == 1', 'f(_) := 1', 'f(x) := 2 if x == 1'];
    pack.change('calm_test.rego', 'test_large_machines', `${faulty.join('\n\n')}\n\ntest_large_machines`);
    expect(await problemsOf(checkTests)).toEqual([
      expect.stringContaining('test_failing fails'),
      expect.stringContaining('todo_test_later is skipped'),
      expect.stringContaining('test_error ended with an error'),
    ]);
  });

  withOpa(`a pack without tests fails${without}`, async () => {
    pack.change('calm_test.rego', undefined, 'package mc.calm_test\n');
    expect(await problemsOf(checkTests)).toEqual([': there is no test']);
  });
});

describe('goldens', () => {
  withOpa(`a golden that the pack answers otherwise is named with both answers${without}`, async () => {
    pack.change('goldens.json', '"rules": ["calm.class_large"]', '"rules": []');
    expect(await problemsOf(checkGoldens)).toEqual([
      '/goldens.json (Large machines are warned of): the pack says warn (calm.class_large), expected is warn (no rule)',
    ]);
  });

  withOpa(
    `a golden that asks what is never asked, at a point the pack does not judge, or contradicts its kind is named${without}`,
    async () => {
      const cases = [
        { title: 'a', kind: 'allow', change: { request: { point: 'lunch' } }, expect: { verdict: 'allow', rules: [] } },
        { title: 'b', kind: 'allow', change: { request: { point: 'write' } }, expect: { verdict: 'allow', rules: [] } },
        { title: 'c', kind: 'deny', change: {}, expect: { verdict: 'allow', rules: [] } },
        { title: 'c', kind: 'bad-data', change: {}, expect: { verdict: 'allow', rules: [] } },
      ];
      pack.change('goldens.json', undefined, JSON.stringify({ pack: 'calm', cases }));
      expect(await problemsOf(checkGoldens)).toEqual([
        '/goldens.json: two cases are called c',
        expect.stringContaining('(a): its question is none that is ever asked: request.point'),
        '/goldens.json (b): it asks at write, the pack judges plan, start',
        '/goldens.json (c): a case of kind deny expects allow',
        '/goldens.json (c): a case of kind bad-data expects allow',
      ]);
    },
  );

  withOpa(`goldens that cannot be read, of another pack, or not there are problems${without}`, async () => {
    pack.change('goldens.json', '"pack": "calm"', '"pack": "storm"');
    expect(await problemsOf(checkGoldens)).toEqual(['/goldens.json /: they are of the pack storm'].map((text) => text.replace(' /', '')));
    pack.change('goldens.json', undefined, '{"pack": "calm", "cases": [');
    expect(await problemsOf(checkGoldens)).toEqual([expect.stringContaining('/goldens.json')]);
    pack.change('goldens.json', undefined, '{"pack": "calm", "cases": []}');
    expect(await problemsOf(checkGoldens)).toEqual([expect.stringContaining('/cases')]);
  });

  withOpa(`a pack that gives no usable verdict is a problem of every golden${without}`, async () => {
    pack.change('calm.rego', 'verdict := {"deny": deny, "warn": warn}', 'verdict := {"deny": deny}');
    const problems = await problemsOf(checkGoldens);
    expect(problems).toHaveLength(5);
    expect(problems[0]).toContain('the pack gives no usable verdict');
  });
});

describe('differential', () => {
  withOpa(`a bundle whose module answers otherwise than its rules is found by a golden${without}`, async () => {
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources()));
    pack.change('calm.rego', '"small or medium"', '"small"');
    const problems = await problemsOf(checkDifferential, { mutations: 1 });
    expect(problems[0]).toMatch(/Large machines are warned of\): the wasm module answers .*small or medium.*, opa eval .*"small"/);
  });

  withOpa(`a difference that shows only on broken questions is found by their variants${without}`, async () => {
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources()));
    pack.change('calm.rego', 'if is_string(input.request.region)', 'if not is_array(object.get(input, ["request", "region"], 7))');
    pack.change('goldens.json', '"region": 7', '"region": ["EU"]');
    const problems = await problemsOf(checkDifferential, { mutations: 400 });
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/variant|further/);
  });

  withOpa(`differences beyond the twentieth are counted, and none is lost in silence${without}`, async () => {
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources()));
    pack.change('calm.rego', 'verdict := {"deny": deny, "warn": warn}', 'verdict := {"deny": deny, "warn": warn, "more": 1}');
    const problems = await problemsOf(checkDifferential);
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toMatch(/^: \d+ further differences are not shown$/);
  });

  withOpa(`questions that OPA cannot evaluate are told from those it can, however many are asked together${without}`, async () => {
    pack.change(
      'calm.rego',
      'verdict := {"deny": deny, "warn": warn}',
      'verdict := {"deny": deny, "warn": warn}\n\nverdict := 7 if input.request.region == 7',
    );
    expect(await problemsOf(checkDifferential)).toEqual([]);
  });
});

describe('annotations', () => {
  withOpa(`a rule without METADATA, and everything that is missing from one, is named${without}`, async () => {
    pack.change('calm.rego', '#   solution: Ask for another region.\n', '');
    pack.change('calm.rego', '#   severity: warning\n', '#   severity: failure\n');
    pack.change('calm.rego', '# description: The region is there and is text; otherwise nothing can be judged.\n', '');
    pack.change(
      'calm.rego',
      'usable {got}.\n#   solution: Send the whole input.\n#   severity: failure\n#   effective_on: 2026-01-01\n',
      'usable {got}.\n#   solution: Send the whole input.\n#   severity: failure\n',
    );
    pack.change('calm.rego', 'closed :=', 'warn contains {} if input.silent\n\nclosed :=');
    const said = await problemsOf(checkAnnotations);
    expect(said).toEqual([
      expect.stringMatching(/^\/calm\.rego:\d+: a rule of deny .*METADATA: custom\.solution$/),
      expect.stringMatching(/^\/calm\.rego:\d+: a rule of deny .*METADATA: description, custom\.effective_on$/),
      expect.stringMatching(/^\/calm\.rego:\d+: a rule of warn .*METADATA: title, description, custom\.short_name/),
      '/calm.rego (class_large): it is a rule of warn with the severity "failure"',
    ]);
  });

  withOpa(`a package that says nothing about itself, and two rules of one name, are named${without}`, async () => {
    pack.change('calm.rego', '# description: A pack with nothing wrong, which tests of the checks break in one way each.\n', '');
    pack.change('calm.rego', 'short_name: input_incomplete', 'short_name: region_closed');
    expect(await problemsOf(checkAnnotations)).toEqual([
      expect.stringContaining('METADATA of the package, description'),
      ': the short_name region_closed stands for more than one rule',
    ]);
  });

  withOpa(`a rule that no golden shows, and a kind of golden that is missing, are named${without}`, async () => {
    const cases = [{ title: 'a', kind: 'allow', change: {}, expect: { verdict: 'allow', rules: ['calm.region_closed'] } }];
    pack.change('goldens.json', undefined, JSON.stringify({ pack: 'calm', cases }));
    expect(await problemsOf(checkAnnotations)).toEqual([
      '/goldens.json: no case is of the kind bad-data',
      '/goldens.json: no case is of the kind deny',
      '/goldens.json: no case is of the kind warn',
      '/goldens.json: no case shows the rule calm.input_incomplete',
      '/goldens.json: no case shows the rule calm.class_large',
    ]);
  });
});

withOpa(`a tenant's pack in Rego v0 is checked like any other${without}`, async () => {
  pack.change('calm.rego', undefined, v0Rules);
  pack.change('calm_test.rego', undefined, v0Tests);
  pack.change('.manifest', '"rego_version": 1', '"rego_version": 0');
  pack.change('.manifest', '"tenant.data", ', '');
  pack.change('goldens.json', undefined, JSON.stringify({ pack: 'calm', cases: v0Cases }));
  const results = await runChecks(checkContext(), [pack.sources()], checkSteps);
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
});

describe('bundle', () => {
  const sign = (key: SigningKey): void =>
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources(), key.path));

  withOpa(`a bundle that its rules or data no longer make is stale, with OPA and without${without}`, async () => {
    using key = openSigningKey();
    sign(key);
    expect(await problemsOf(checkBundle, { key: key.pem })).toEqual([]);
    expect(await problemsOf(checkBundle, { key: key.pem, hasOpa: false })).toEqual([]);
    pack.change('data.json', '"XX"', '"XX", "YY"');
    expect(await problemsOf(checkBundle, { key: key.pem })).toEqual([
      '/bundle.tar.gz: is not what OPA builds from the rules and data beside it',
    ]);
    expect(await problemsOf(checkBundle, { key: key.pem, hasOpa: false })).toEqual([
      '/bundle.tar.gz: was built from other rules or data than those beside it',
    ]);
  });

  withOpa(`a bundle that another key signed, that nobody signed, or with a changed byte is refused${without}`, async () => {
    using key = openSigningKey();
    using other = openSigningKey();
    sign(other);
    expect(await problemsOf(checkBundle, { key: key.pem })).toEqual([expect.stringContaining('does not verify with any known key')]);
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources()));
    expect(await problemsOf(checkBundle, { key: key.pem })).toEqual([expect.stringContaining('not signed')]);
    sign(key);
    const files = await untar(readFileSync(join(pack.folder, 'bundle.tar.gz')));
    const entries = [...files].map(([name, bytes]) => ({
      name,
      bytes: name === 'data.json' ? '{"mc":{"calm":{"closed_regions":[]}}}' : bytes,
    }));
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), await buildArchive(entries));
    expect(await problemsOf(checkBundle, { key: key.pem })).toEqual([expect.stringContaining('data.json is not the one that was signed')]);
  });

  withOpa(`a shipped pack has a bundle, and it is the one this program loads${without}`, async () => {
    expect(await problemsOf(checkBundle, { isShipped: true })).toEqual(['/bundle.tar.gz: there is no bundle']);
    pack.change('.manifest', '"version": "1.0.0",', '');
    writeFileSync(join(pack.folder, 'bundle.tar.gz'), buildBundle(opa ?? '', pack.sources()));
    expect(await problemsOf(checkBundle, { isShipped: true })).toEqual([
      expect.stringMatching(/^\/bundle\.tar\.gz: is sha256:.*shipped-packs\.ts says nothing about it$/),
      expect.stringMatching(/may not be shipped: [^]*version/),
    ]);
  });
});

describe('pages', () => {
  withOpa(`a README or catalog entry that is not what the pack says today is named, and one that is missing${without}`, async () => {
    expect(await problemsOf(checkPages, { isShipped: true })).toEqual([
      '/README.md: is not what the pack says today',
      '/catalog.json: is not what the pack says today',
    ]);
    for (const { path, text } of await packPages(opa ?? '', pack.sources())) writeFileSync(path, text);
    expect(await problemsOf(checkPages, { isShipped: true })).toEqual([]);
    pack.change('goldens.json', 'A closed region is denied', 'Nobody asks for a closed region');
    expect(await problemsOf(checkPages)).toHaveLength(2);
  });
});

describe('flakes', () => {
  withOpa(`a test that depends on time or chance is found, with its rate${without}`, async () => {
    const chance = 'test_by_chance if rand.intn("x", 2) == 1\n\ntest_by_time if (time.now_ns() / 1000) % 2 == 1';
    pack.change('calm_test.rego', 'test_large_machines', `${chance}\n\ntest_large_machines`);
    const { problems, rates = [] } = await checkFlakes.run(checkContext({ runs: 24 }), pack.sources());
    expect(problems.map(({ place }) => place)).toEqual([
      expect.stringContaining('test_by_chance'),
      expect.stringContaining('test_by_time'),
    ]);
    expect(problems[0]?.message).toMatch(/^fails in \d+ of 24 runs \(\d+\.\d %, at most 1 % are allowed\)$/);
    expect(rates).toHaveLength(6);
    expect(rates.filter(({ failures }) => failures === 0)).toHaveLength(4);
    expect(rates.every(({ runs }) => runs === 24)).toBe(true);
  });

  withOpa(`a test that fails every time is called broken, not flaky${without}`, async () => {
    pack.change('calm_test.rego', 'test_large_machines', 'test_never if false\n\ntest_large_machines');
    const { problems } = await checkFlakes.run(checkContext(), pack.sources());
    expect(problems.map(({ message, fix }) => `${message} ${fix}`)).toEqual([
      'fails in 2 of 2 runs (100.0 %, at most 1 % are allowed) It fails every time: mend the rule or the test.',
    ]);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { jsonOf, runCli, type CliResult } from '../support/cli/run-cli.ts';

const manifest = `name: greeting
version: 1.0.0
region: US
inputs:
  who: { type: string }
  letter: { type: file }
tasks:
  - id: greet
    uses: pkg:demo/echo@1.0.0
    with: { text: "Hello \${{ inputs.who }}" }
  - id: read
    uses: pkg:file/read@1.0.0
    with: { path: "\${{ inputs.letter.path }}" }
outputs:
  text: \${{ tasks.greet.outputs.text }}
  letter: \${{ tasks.read.outputs.content }}
`;
const failing =
  'name: failing\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/fail@1.0.0", with: { retryable: false, message: on purpose } }]\n';

/** A run needs a sandbox and a process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('the command line on a running home', () => {
  const inputs = ['-i', 'who=you', '-i', 'letter=@letter.txt'];
  let home: CliHome;
  let executionId: string;

  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);

  beforeAll(async () => {
    home = await openCliHome();
    writeFileSync(home.file('workflow.yaml'), manifest);
    writeFileSync(home.file('failing.yaml'), failing);
    writeFileSync(home.file('letter.txt'), 'dear reader');
    expect(await maestro('publish', 'workflow.yaml')).toMatchObject({ code: 0 });
    const run = await maestro('run', 'greeting', ...inputs, '--wait', '--json');
    expect(run).toMatchObject({ code: 0 });
    executionId = (jsonOf(run) as { id: string }).id; // Its shape is asserted in the first test.
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test('is logged in by itself', async () => {
    expect(jsonOf(await maestro('whoami', '--json'))).toMatchObject({ subject: expect.any(String), roles: ['admin'], url: home.host.url });
  });

  test(
    '--json of what is listed or shown is the answer of the API',
    async () => {
      const { token } = z.object({ token: z.string() }).parse(JSON.parse(readFileSync(home.file('data/login.json'), 'utf8')));
      for (const [path, ...args] of [
        ['executions', 'status'],
        [`executions/${executionId}`, 'status', executionId],
        ['workflows', 'workflows', 'ls'],
        ['policy-packs/residency', 'policy', 'show', 'residency'],
        ['tenants/local', 'tenants', 'show'],
        ['keys', 'keys', 'ls'],
      ] as const) {
        const answer = await fetch(`${home.host.url}/api/${path}`, { headers: { authorization: `Bearer ${token}` } });
        expect(jsonOf(await maestro(...args, '--json'))).toEqual(await answer.json());
      }
    },
    slowMs,
  );

  test(
    'publish answers name, version, id and digest, and the same again changes nothing',
    async () => {
      const first = jsonOf(await maestro('publish', 'workflow.yaml', '--json'));
      const ids = {
        id: expect.stringMatching(/^wf_/),
        digest: expect.stringMatching(/^sha256:/),
        releaseId: expect.stringMatching(/^rel_/),
      };
      expect(first).toMatchObject({ name: 'greeting', version: '1.0.0', ...ids });
      expect(jsonOf(await maestro('publish', 'workflow.yaml', '--json'))).toEqual(first);
    },
    slowMs,
  );

  test(
    'problems of a manifest are told of its file, not of the file with the inputs',
    async () => {
      writeFileSync(home.file('broken.yaml'), manifest.replace('name: greeting', 'name: broken').replace('demo/echo@1.0.0', 'nonsense'));
      writeFileSync(home.file('inputs.json'), '{"who": "you"}');
      const { code, stderr } = await maestro('run', '--inputs-file', 'inputs.json', 'broken.yaml');
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^broken\.yaml:9:\d+: /m) });
    },
    slowMs,
  );

  test(
    'other content is a conflict until the version is raised',
    async () => {
      writeFileSync(home.file('changed.yaml'), manifest.replace('Hello', 'Good day').replace('name: greeting', 'name: raised'));
      writeFileSync(home.file('original.yaml'), manifest.replace('name: greeting', 'name: raised'));
      await maestro('publish', 'original.yaml');
      expect(await maestro('publish', 'changed.yaml')).toMatchObject({
        code: 6,
        stdout: '',
        stderr: expect.stringMatching(/mc:workflow:version-conflict[\s\S]*--bump/),
      });
      const raised = await maestro('publish', 'changed.yaml', '--bump', 'minor', '--json');
      expect(jsonOf(raised)).toMatchObject({ name: 'raised', version: '1.1.0' });
      expect(jsonOf(await maestro('publish', 'changed.yaml', '--bump', 'minor', '--json'))).toEqual(jsonOf(raised));
      expect((await maestro('publish', 'changed.yaml', '--bump', 'minor')).stdout).toContain(
        'maestro run raised --wait   (changed.yaml keeps its version)',
      );
      expect((await maestro('publish', 'original.yaml')).stdout).not.toContain('maestro run');
    },
    slowMs,
  );

  test(
    'what only the home can find wrong with a manifest is told with its place in the file, by publish, run and plan',
    async () => {
      const task = (id: string, uses: string): string => `  - id: ${id}\n    uses: ${uses}\n`;
      const head = 'name: misplaced\nversion: 1.0.0\ntasks:\n';
      writeFileSync(home.file('absent.yaml'), head + task('a', 'pkg:demo/absent@1.0.0'));
      writeFileSync(home.file('lacking.yaml'), head + task('b', 'pkg:demo/echo@1.0.0') + task('c', 'pkg:file/read@1.0.0'));
      for (const command of [['publish'], ['publish', '--bump', 'patch'], ['run'], ['plan']]) {
        const absent = await maestro(...command, 'absent.yaml');
        expect(absent).toMatchObject({ code: 5, stderr: expect.stringMatching(/^absent\.yaml:5:11: .*\[unknown-package at/m) });
        const lacking = await maestro(...command, 'lacking.yaml');
        expect(lacking).toMatchObject({ code: 2, stderr: expect.stringMatching(/^lacking\.yaml:6:5: .*\[missing-input at/m) });
      }
    },
    slowMs,
  );

  test(
    'workflows lists versions with their state, page by page, and gives back a manifest that is the same version when published',
    async () => {
      writeFileSync(home.file('other.yaml'), manifest.replace('name: greeting', 'name: listed'));
      const first = jsonOf(await maestro('publish', 'other.yaml', '--json'));
      await maestro('publish', 'other.yaml', '--bump', 'minor');
      writeFileSync(home.file('newer.yaml'), manifest.replace('name: greeting', 'name: listed').replace('Hello', 'Good day'));
      await maestro('publish', 'newer.yaml', '--bump', 'minor');
      const { stdout, stderr } = await maestro('workflows', 'ls', 'listed', '--limit', '1');
      expect(stdout).toMatch(/^WORKFLOW +STATE +PUBLISHED +BY +DIGEST\nlisted@1\.1\.0 +published +\S+Z +\S+ +sha256:\w+…\n$/);
      const more = /^more: maestro (workflows ls listed --cursor \S+)\n$/.exec(stderr)?.[1] ?? '';
      expect((await maestro(...more.split(' '))).stdout).toContain('listed@1.0.0');
      expect(jsonOf(await maestro('workflows', 'ls', '--json'))).toMatchObject({
        items: expect.arrayContaining([expect.objectContaining({ name: 'greeting' }), first]),
      });
      expect((await maestro('workflows', 'ls', 'nobody')).stdout).toBe('no workflow has the name nobody\n');

      const shown = await maestro('workflows', 'show', 'listed@1.0.0');
      for (const part of ['listed@1.0.0  published', 'rel_', 'text: Hello ${{ inputs.who }}']) expect(shown.stdout).toContain(part);
      expect(await maestro('workflows', 'show', 'listed@1.0.0', '-o', 'back.yaml')).toMatchObject({ code: 0 });
      expect(jsonOf(await maestro('publish', 'back.yaml', '--json'))).toEqual(first);
      expect(await maestro('workflows', 'show', 'nobody')).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('maestro workflows ls'),
      });
    },
    slowMs,
  );

  test(
    'plan shows tasks, cost and decision, of a file and of a workflow',
    async () => {
      for (const args of [['workflow.yaml'], ['-m', 'workflow.yaml'], ['greeting']]) {
        const result = await maestro('plan', ...args, ...inputs, '--json');
        expect(result).toMatchObject({ code: 0, stderr: '' });
        expect(jsonOf(result)).toMatchObject({ plan: { tasks: [{ id: 'greet' }, { id: 'read' }] }, decision: { verdict: 'allow' } });
      }
      expect((await maestro('plan', 'greeting')).stdout).toMatch(/estimated cost.*\n[^]*Allowed at plan by policy/);
      expect(await maestro('plan')).toMatchObject({ code: 2 });
    },
    slowMs,
  );

  test(
    'a denial names rule, value, allowed values and fix, and exits with 3',
    async () => {
      for (const args of [
        ['plan', 'greeting', '--region', 'EU'],
        ['run', 'greeting', ...inputs, '--region', 'EU'],
        ['run', 'greeting', '--dry-run', '--region', 'EU'],
      ]) {
        const { code, stdout, stderr } = await maestro(...args);
        expect(code).toBe(3);
        for (const part of ['residency.region_mismatch', 'EU', 'allowed', 'US', 'fix']) expect(stdout + stderr).toContain(part);
        expect(stdout + stderr).not.toContain('deny[]'); // What it would send people to has just been printed.
      }
      const json = await maestro('run', 'greeting', ...inputs, '--region', 'EU', '--json');
      expect(jsonOf(json)).toMatchObject({
        error: { code: 'mc:policy:denied', deny: [{ pack: 'residency', solution: expect.any(String) }] },
      });
    },
    slowMs,
  );

  test(
    'an input that the workflow does not have is told as one, and not as a line of the manifest',
    async () => {
      const { code, stderr } = await maestro('run', 'workflow.yaml', ...inputs, '-i', 'nope=1');
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(/^ {2}.* has no input nope \[unknown-input at \/inputs\/nope\]$/m),
      });
      expect(stderr).not.toContain('workflow.yaml:');
    },
    slowMs,
  );

  test(
    'one banned region is one reason',
    async () => {
      const { stdout } = await maestro('plan', 'failing.yaml', '--region', 'KP');
      expect(stdout.match(/residency\.\w+/g)).toEqual(['residency.region_banned', 'residency.region_mismatch']);
    },
    slowMs,
  );

  test(
    'run --wait answers the ended execution with its outputs',
    async () => {
      const status = jsonOf(await maestro('status', executionId, '--json'));
      expect(status).toMatchObject({ id: executionId, state: 'succeeded', outputs: { text: 'Hello you', letter: 'dear reader' } });
      expect((await maestro('status')).stdout).toContain(executionId);
      expect((await maestro('status', executionId, '--explain')).stdout).toContain('attempt 1 succeeded');
    },
    slowMs,
  );

  test(
    'a failed run is shown with its reason and exits with 1',
    async () => {
      const result = await maestro('run', 'failing.yaml', '--wait');
      expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining('on purpose') });
      expect(result.stderr).toContain('published failing@1.0.0');
      const json = await maestro('run', 'failing', '--wait', '--json');
      expect(json.code).toBe(1);
      expect(jsonOf(json)).toMatchObject({ state: 'failed', error: { taskId: 'a' } });
    },
    slowMs,
  );

  test(
    'an idempotency key makes run safe to repeat',
    async () => {
      const run = async (who: string): Promise<CliResult> =>
        maestro('run', 'greeting', '-i', `who=${who}`, inputs[2] ?? '', inputs[3] ?? '', '--idempotency-key', 'k', '--json');
      const first = jsonOf(await run('a'));
      expect(jsonOf(await run('a'))).toMatchObject({ id: (first as { id: string }).id }); // An execution, as asserted above.
      expect(await run('b')).toMatchObject({ code: 6 });
    },
    slowMs,
  );

  test(
    'logs are printed by line, and with --json as one document',
    async () => {
      expect((await maestro('logs', executionId, '--task', 'greet')).stdout).toContain('Hello you');
      const json = jsonOf(await maestro('logs', executionId, '-f', '--json'));
      expect(json).toMatchObject({ done: true, lines: expect.arrayContaining([expect.objectContaining({ taskId: 'greet' })]) });
    },
    slowMs,
  );

  test(
    'a receipt is saved with its outputs, and verifies without the home',
    async () => {
      const saved = await maestro('receipt', executionId, '-o', 'r.sigstore.json', '--json');
      expect(jsonOf(saved)).toMatchObject({
        bundle: 'r.sigstore.json',
        outputs: 'r.outputs.json',
        cosign: expect.stringContaining('cosign verify-blob-attestation --key mc.pub'),
      });
      expect(await maestro('keys', 'export', '-o', 'mc.pub')).toMatchObject({ code: 0 });
      const verify = (...args: string[]): Promise<CliResult> =>
        runCli(['verify', ...args], { cwd: home.folder, env: { MC_URL: 'http://127.0.0.1:9' } });

      expect(await verify('r.sigstore.json', 'r.outputs.json', '--key', 'mc.pub')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('✔ verified'),
      });
      expect(jsonOf(await verify('r.sigstore.json', '--json'))).toMatchObject({
        verified: true,
        artifact: null,
        keyId: expect.stringMatching(/^SHA256:/),
      });
    },
    slowMs,
  );

  test(
    'what was changed, and what is no receipt, does not verify and exits with 4',
    async () => {
      await maestro('receipt', executionId, '-o', 'c.json');
      await maestro('keys', 'export', '-o', 'mc.pub');
      const outputs = readFileSync(home.file('c.outputs.json'), 'utf8');
      writeFileSync(home.file('altered.json'), outputs.replace('dear', 'Dear'));
      writeFileSync(
        home.file('flipped.json'),
        readFileSync(home.file('c.json'), 'utf8').replace(
          /("sig":"M.{20})(.)/,
          (_all, before: string, byte: string) => before + (byte === 'A' ? 'B' : 'A'),
        ),
      );
      writeFileSync(home.file('nothing.json'), '{}');
      for (const args of [['c.json', 'altered.json'], ['flipped.json', 'c.outputs.json'], ['nothing.json'], ['letter.txt']]) {
        expect(await maestro('verify', ...args)).toMatchObject({
          code: 4,
          stdout: '',
          stderr: expect.stringContaining('mc:receipt:invalid'),
        });
      }
      expect(await maestro('verify', 'c.json', '--key', 'letter.txt')).toMatchObject({ code: 2 });
      expect(await maestro('verify', 'absent.json')).toMatchObject({ code: 2 });
    },
    slowMs,
  );

  test(
    'keys and trusted root are printed and saved',
    async () => {
      expect(jsonOf(await maestro('keys', 'ls', '--json'))).toMatchObject({ keys: [{ keyId: expect.stringMatching(/^SHA256:/) }] });
      expect((await maestro('keys', 'export')).stdout).toContain('BEGIN PUBLIC KEY');
      expect(await maestro('keys', 'export', '--trusted-root', '-o', 'trusted_root.json')).toMatchObject({ code: 0 });
      expect(JSON.parse(readFileSync(home.file('trusted_root.json'), 'utf8'))).toHaveProperty('mediaType');
    },
    slowMs,
  );

  test(
    'what does not exist exits with 5',
    async () => {
      for (const args of [
        ['status', 'nothing'],
        ['logs', 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
        ['receipt', 'nothing'],
        ['run', 'nothing-like-it'],
        ['plan', 'nothing-like-it'],
      ]) {
        expect([args, await maestro(...args)]).toEqual([args, expect.objectContaining({ code: 5, stdout: '' })]);
      }
    },
    slowMs,
  );
});

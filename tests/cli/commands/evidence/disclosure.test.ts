import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiProblem } from '../../../../cli/client/api-problem.ts';
import type { DisclosurePart } from '../../../../cli/client/answers.ts';
import { fetchParts } from '../../../../cli/commands/evidence/fetch-parts.ts';
import { waitForExecution } from '../../../../cli/client/wait-for-execution.ts';
import { MaestroClient } from '../../../../cli/client/maestro-client.ts';
import { SimulatedRunner } from '../../../../runner/simulated/simulated-runner.ts';
import { collectBytes } from '../../../support/evidence/pack-bytes.ts';
import { openCliHome, type CliHome } from '../../../support/cli/open-cli-home.ts';
import { jsonOf, type CliResult } from '../../../support/cli/run-cli.ts';

const manifest = `name: told
version: 1.0.0
dataClass: confidential
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0', with: { said: hello } }
  - { id: b, uses: 'pkg:demo/echo@1.0.0' }
`;
const slowMs = 120_000;

describe('maestro disclosure, evidence and verify', () => {
  let home: CliHome;
  let client: MaestroClient;
  let id: string;
  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);

  beforeAll(async () => {
    const runner = new SimulatedRunner((spec) => ({
      result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } },
      log: [{ at: 1_760_000_000_000, stream: 'stdout', text: `${spec.taskId} wrote to ada@example.com` }],
    }));
    home = await openCliHome({ isVolumeEncrypted: true, runner });
    client = new MaestroClient(home.host);
    const { workflow } = await client.createWorkflow(manifest);
    await client.publishWorkflow(workflow.id);
    const { id: started } = await client.startExecution({ workflow: 'told' });
    ({ id } = await waitForExecution(client, started, { timeoutMs: 30_000 }));
    writeFileSync(home.file('mc.pub'), (await client.listKeys()).keys[0]?.pem ?? '');
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test(
    'a pack is fetched in parts, verified, and verified again without the home; its bytes are those of the one answer',
    async () => {
      const fetched = await maestro('disclosure', id, '-o', 'run.tgz', '--json');
      expect(fetched).toMatchObject({ code: 0 });
      expect(jsonOf(fetched)).toMatchObject({ verified: true, executionId: id, withheld: { email: 2 } });
      const checked = await maestro('verify', 'run.tgz', '--json');
      expect([checked.code, jsonOf(checked)]).toMatchObject([0, { verified: true, pack: 'run.tgz', state: 'succeeded', missing: [] }]);
      const whole = await fetch(`${home.host.url}/api/executions/${id}/disclosure.tgz`, {
        headers: { authorization: `Bearer ${home.host.token}` },
      });
      expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'application/gzip']);
      expect(Buffer.from(await whole.arrayBuffer()).equals(readFileSync(home.file('run.tgz')))).toBe(true);
    },
    slowMs,
  );

  test(
    'a damaged pack, the wrong key and a file that is none end with their own codes',
    async () => {
      writeFileSync(home.file('cut.tgz'), readFileSync(home.file('run.tgz')));
      truncateSync(home.file('cut.tgz'), 2_000);
      const cut = await maestro('verify', 'cut.tgz');
      expect([cut.code, cut.stderr]).toEqual([4, expect.stringContaining('cut off')]);
      expect(await maestro('verify', 'nothing.tgz')).toMatchObject({ code: 2 });
      expect(await maestro('verify', '.')).toMatchObject({ code: 2 });
    },
    slowMs,
  );

  test(
    'what was withheld is opened for a reason, and then every file is what the receipt names; a changed opening is refused',
    async () => {
      expect(await maestro('disclosure', id, '--openings')).toMatchObject({ code: 2 });
      const opened = await maestro('disclosure', id, '--openings', '--reason', 'request 17', '-o', 'o.ndjson', '--json');
      expect([opened.code, jsonOf(opened)]).toMatchObject([0, { openings: 2 }]);
      const checked = jsonOf(await maestro('verify', 'run.tgz', '--openings', 'o.ndjson', '--json'));
      expect(checked).toMatchObject({ verified: true, restored: ['logs/a/1.ndjson', 'logs/b/1.ndjson'] });
      const text = readFileSync(home.file('o.ndjson'), 'utf8');
      expect(text).toContain('ada@example.com');
      writeFileSync(home.file('forged.ndjson'), text.replace('ada@', 'eve@'));
      const forged = await maestro('verify', 'run.tgz', '--openings', 'forged.ndjson');
      expect([forged.code, forged.stderr]).toEqual([4, expect.stringContaining('not what was committed to')]);
    },
    slowMs,
  );

  test(
    'of a run that there is not, nothing is written',
    async () => {
      expect(await maestro('disclosure', `exec_${'0'.repeat(26)}`, '-o', 'none.tgz')).toMatchObject({ code: 5 });
      expect(existsSync(home.file('none.tgz'))).toBe(false);
      expect(await maestro('disclosure', id, '-o', 'no/such/folder.tgz')).toMatchObject({ code: 2 });
    },
    slowMs,
  );

  test(
    'the evidence is listed, and its addresses open what they name without a token, but to nobody who changes them',
    async () => {
      const { stdout } = await maestro('evidence', id);
      expect(stdout).toMatch(/^logs\/a\/1\.ndjson +\d/m);
      expect(stdout).not.toContain('http');
      expect(stdout).toContain(`: maestro evidence ${id} --json\n`);
      const listed = jsonOf(await maestro('evidence', id, '--json'));
      const artifacts = (listed as { artifacts: { name: string; url: string; sizeBytes: number }[] }).artifacts; // The shape is what is tested.
      const log = artifacts.find(({ name }) => name === 'logs/a/1.ndjson');
      const answer = await fetch(log?.url ?? '');
      expect([answer.status, (await answer.text()).length]).toEqual([200, log?.sizeBytes]);
      expect((await fetch(`${log?.url}0`)).status).not.toBe(200);
      const forged = log?.url.replace('logs%2Fa', 'logs%2Fb') ?? '';
      expect(await (await fetch(forged)).json()).toMatchObject({ code: 'mc:evidence:link-refused', status: 403 });
    },
    slowMs,
  );
});

describe('the parts of a pack', () => {
  const parts = 7;
  const part = (number: number): DisclosurePart => ({ bytes: new Uint8Array([number]), parts });
  const problem = (status: number): ApiProblem => new ApiProblem(status, {});

  test('that do not come are asked for again, each by itself, and come in their order', async () => {
    const asked: number[] = [];
    const fetchPart = async (number: number): Promise<DisclosurePart> => {
      asked.push(number);
      if (asked.filter((each) => each === number).length === 1 && number % 2 === 1) throw problem(503);
      return part(number);
    };
    expect([...(await collectBytes(fetchParts(fetchPart)))]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(asked.filter((number) => number % 2 === 0)).toEqual([0, 2, 4, 6]);
    expect(asked.at(-1)).toBe(6);
  });

  test('that are refused are not asked for again', async () => {
    const asked: number[] = [];
    const fetchPart = async (number: number): Promise<DisclosurePart> => {
      asked.push(number);
      if (number === 2) throw problem(404);
      return part(number);
    };
    await expect(collectBytes(fetchParts(fetchPart))).rejects.toMatchObject({ status: 404 });
    expect(asked.filter((number) => number === 2)).toHaveLength(1);
  });
});

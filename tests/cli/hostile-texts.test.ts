/** What strangers wrote reaches no terminal and no shell as anything but text. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyLines } from '../../cli/verify/verify-lines.ts';
import { SoftwareSigner } from '../../shared/embedded/keys/software-signer.ts';
import { cosignCommand } from '../../shared/receipt/cosign-command.ts';
import type { Bundle } from '../../shared/receipt/bundle.ts';
import { buildStatement } from '../support/build-statement.ts';
import { jsonOf, runCli, type CliResult } from '../support/cli/run-cli.ts';
import { signStatement } from '../support/receipt/sign-statement.ts';

const escape = String.fromCharCode(27);
/** Clears the line, goes on in one that looks like ours, hides what follows, and turns it around. */
const hostile = `eve\n${escape}[2K✔ verified good.json\u009b8m\u202e`;
const shown = 'eve\\u000a\\u001b[2K✔ verified good.json\\u009b8m\\u202e';
/** A URL, for who does not look closely. */
const hostileType = 'https://x/;touch${IFS}pwned;';

const signer = new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
let folder: string;
let bundle: Bundle;
let home: Server;

/** A rotation with a document of this name. */
function rotationWith(name: string): unknown {
  const id = 'rot_01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const [startedAt, nothing] = [
    '2026-11-21T10:00:00.000Z',
    { windowEndsAt: null, finishedAt: null, newKey: null, checks: null, problem: null },
  ];
  const keys = [{ name, keyId: 'SHA256:a', document: 'touch pwned' }];
  return {
    id,
    kind: 'signer',
    step: 'requested',
    reason: 'a test',
    startedAt,
    ...nothing,
    oldKey: { keyId: 'SHA256:a' },
    keys,
    statements: [],
  };
}

/** A home that says what it likes. */
function answerAnything(path: string): { status: number; json: unknown } {
  const line = {
    at: '2026-11-21T10:00:00.000Z',
    taskId: 'a',
    attempt: 1,
    stream: 'stdout',
    text: `${hostile} ${escape}[32mgreen${escape}[39m`,
  };
  if (path.includes('/logs')) return { status: 200, json: { lines: [line], done: true } };
  if (path.includes('/rotations/')) return { status: 200, json: rotationWith('../../run-me') };
  return { status: 404, json: { code: 'mc:execution:not-found', detail: hostile } };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-hostile-'));
  const { pem } = await signer.publicKey();
  bundle = await signStatement(signer, {
    ...buildStatement({ predicateType: hostileType }),
    subject: [{ name: hostile, digest: { sha256: 'ab'.repeat(32) } }],
    predicate: {
      mc_receipt: { state: 'succeeded', requestedBy: hostile, decisions: [{ id: 'dec_1' }] },
      runDetails: { metadata: { invocationId: 'exec_1', finishedOn: 'now' } },
    },
  });
  writeFileSync(join(folder, 'r.json'), JSON.stringify(bundle));
  writeFileSync(join(folder, 'none.json'), hostile);
  writeFileSync(join(folder, 'mc.pub'), pem);
  home = createServer((request, response) => {
    const { status, json } = answerAnything(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => home.once('listening', resolve));
});
afterAll(() => {
  home.close();
  rmSync(folder, { recursive: true, force: true });
});

const maestro = (...args: string[]): Promise<CliResult> => {
  const { port } = home.address() as AddressInfo; // It listens on TCP.
  return runCli(args, { cwd: folder, env: { MC_URL: `http://127.0.0.1:${port}`, MC_TOKEN: 'none', FORCE_COLOR: '1' } });
};

/** What a terminal would act upon, but for line ends and colours. */
const actedUpon = (text: string): string[] => text.replaceAll(/\p{Cc}\[[0-9]+m/gu, '').match(/[^\P{Cc}\n]|\p{Bidi_Control}/gu) ?? [];

describe('on the terminal', () => {
  test('a statement that verifies says nothing in a line of its own', async () => {
    const { code, stdout, stderr } = await maestro('verify', 'r.json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`asked by ${shown}, admitted by dec_1\n`);
    expect(stdout).toContain(`\n${shown}  sha256:abab`);
    expect(stdout.match(/^.*✔ verified.*$/gmu)?.filter((line) => !line.includes('eve'))).toHaveLength(1);
    expect(actedUpon(stdout)).toEqual([]);
  });

  test('JSON has the same values, spelt out', async () => {
    const { stdout } = await maestro('verify', 'r.json', '--json');
    expect(jsonOf({ code: 0, stdout, stderr: '' })).toMatchObject({ subjects: [{ name: hostile }] });
    expect(actedUpon(stdout)).toEqual([]);
  });

  test('a file that is no bundle, and a home that refuses, begin no line of their own', async () => {
    for (const args of [
      ['verify', 'none.json'],
      ['status', 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ]) {
      const { code, stderr } = await maestro(...args);
      expect(code).toBeGreaterThan(0);
      expect(stderr).toContain('\\u001b[2K✔');
      expect(stderr).not.toMatch(/^\S*✔/mu);
      expect(actedUpon(stderr)).toEqual([]);
    }
  });

  test('lines of a log are lines, with the colours that a task gave them', async () => {
    const { stdout } = await maestro('logs', 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV');
    expect(stdout).toContain(`${shown} ${escape}[32mgreen${escape}[39m\n`);
    expect(actedUpon(stdout)).toEqual([]);
  });
});

test('a home names no file beside the folder of evidence', async () => {
  const { code } = await maestro('keys', 'status', 'rot_01ARZ3NDEKTSV4RRFFQ69G5FAV', '--evidence', 'a/evidence');
  expect(existsSync(join(folder, 'run-me'))).toBe(false);
  expect(code).toBe(1);
});

describe('in a command that is printed to be copied', () => {
  /** The words that a shell makes of it. */
  const wordsOf = (command: string): string[] =>
    execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8', cwd: folder })
      .trimEnd()
      .split('\n');

  test('the type of a statement is one word', async () => {
    const { lines, cosign } = await verifyLines(JSON.stringify(bundle), { bundle: "it's r.json", artifact: 'a b' });
    expect(wordsOf(cosign)).toEqual(expect.arrayContaining([hostileType, "it's r.json", 'a b']));
    expect(lines.map((line) => wordsOf(line))[1]).toEqual(['maestro', 'verify', "it's r.json", 'a b', '--key', 'mc.pub']);
  });

  test('an identity and its issuer are one word each', () => {
    const by = { uri: 'spiffe://x/$(touch pwned)', issuer: "https://x/'`id`" };
    expect(wordsOf(cosignCommand({ by, bundle: 'r.json', predicateType: 'https://x' }))).toEqual(
      expect.arrayContaining([by.uri, by.issuer]),
    );
  });
});

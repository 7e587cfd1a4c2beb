/**
 * Deploys all stacks with the CDK CLI to a local AWS emulator and runs the suites of a deployed home against them (tests/cloud). Installs and
 * starts everything by itself and ends only what it started. The exit code is the result; arguments go to jest.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startApiProxy } from './cloud/api-proxy.ts';
import { closeGaps } from './cloud/close-gaps.ts';
import { dropConditions } from './cloud/drop-conditions.ts';
import { installEmulator, startEmulator } from './cloud/emulator.ts';
import { startIssuer } from './cloud/loopback-issuer.ts';
import { runCommand } from './cloud/run-command.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.cloud');
const assembly = join(folder, 'cdk.out');
const outputsFile = join(folder, 'outputs.json');
const stage = 'test';
const audience = 'maestro-conductor';
/** The default of the stacks' setting. */
const ownerTenant = 'home';

const minuteMs = 60_000;
/** Several times what each takes on two busy cores; a hang must not block whoever waits for the result. */
const timeouts = { synthMs: 4 * minuteMs, bootstrapMs: 3 * minuteMs, deployMs: 8 * minuteMs, suitesMs: 15 * minuteMs } as const;

const Outputs = z.object({
  [`mc-${stage}-api`]: z.object({ Url: z.url() }),
  [`mc-${stage}-data`]: z.object({ TableName: z.string(), BlobBucketName: z.string() }),
  [`mc-${stage}-execution`]: z.object({ StateMachineArn: z.string() }),
  [`mc-${stage}-keys`]: z.object({
    SigningKeyAlias: z.string(),
    LogKeyArn: z.string(),
    DataKeyArn: z.string(),
    EnvelopeKeyAlias: z.string(),
  }),
});

type Environment = Record<string, string>;
type Start = <T extends { stop(): void }>(part: T) => T;

async function must(what: string, run: () => Promise<number>): Promise<void> {
  const begun = Date.now();
  const code = await run();
  console.log(`${what}: ${code === 0 ? 'done' : 'failed'} after ${((Date.now() - begun) / 1_000).toFixed(1)} s`);
  if (code !== 0) throw new Error(`${what} failed; the emulator's log is .cloud/emulator.log`);
}

/** Bootstraps the emulator's account and deploys; answers what the stacks tell about themselves. */
async function deploy(env: Environment, issuerUrl: string): Promise<z.infer<typeof Outputs>> {
  const cdk = join(root, 'node_modules', '.bin', 'cdk');
  const context = [
    '-c',
    `stage=${stage}`,
    '-c',
    `issuer=${issuerUrl}`,
    '-c',
    `audience=${audience}`,
    '-c',
    `ownerTenant=${ownerTenant}`,
    // The emulator has no AWS Backup.
    '-c',
    'nightlyBackups=elsewhere',
  ];
  const options = { env, cwd: root, output: 'quiet' } as const;
  const synth = ['synth', '--quiet', '--output', assembly, ...context];
  await must('cdk synth', () => runCommand(cdk, synth, { ...options, timeoutMs: timeouts.synthMs }));
  dropConditions(assembly);
  const bootstrap = ['bootstrap', 'aws://000000000000/us-east-1', '--app', assembly];
  await must('cdk bootstrap', () => runCommand(cdk, bootstrap, { ...options, timeoutMs: timeouts.bootstrapMs }));
  rmSync(outputsFile, { force: true });
  const all = ['deploy', '--all', '--app', assembly, '--require-approval', 'never', '--outputs-file', outputsFile];
  await must('cdk deploy --all', () => runCommand(cdk, all, { ...options, timeoutMs: timeouts.deployMs }));
  return Outputs.parse(JSON.parse(readFileSync(outputsFile, 'utf8')));
}

async function runSuites(env: Environment): Promise<number> {
  const jest = fileURLToPath(import.meta.resolve('jest/bin/jest'));
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest];
  const onlyCloud = ['--runInBand', '--testMatch', '**/tests/cloud/**/*.cloud.test.ts', '--testPathIgnorePatterns', '/node_modules/'];
  // The caller's own come first: a path after the last flag would be one more pattern to ignore.
  const args = [...flags, ...process.argv.slice(2), ...onlyCloud];
  return runCommand(process.execPath, args, { env, cwd: root, timeoutMs: timeouts.suitesMs, output: 'show' });
}

async function testCloud(start: Start): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const python = await installEmulator(folder);
  const emulator = start(await startEmulator(python, join(folder, 'emulator.log')));
  const issuer = start(await startIssuer(audience));
  const base: Environment = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: process.env['HOME'] ?? folder,
    CDK_DISABLE_CLI_TELEMETRY: '1',
    ...emulator.env,
  };
  const outputs = await deploy(base, issuer.url);
  await closeGaps(emulator, assembly);
  const proxy = start(await startApiProxy(outputs[`mc-${stage}-api`].Url, emulator));
  return runSuites({
    ...base,
    MC_URL: proxy.url,
    MC_TOKEN: await issuer.issueToken({ tenant: ownerTenant, sub: 'admin@example.com', roles: ['admin'] }),
    MC_ISSUER_URL: issuer.url,
    MC_TABLE: outputs[`mc-${stage}-data`].TableName,
    MC_BLOB_BUCKET: outputs[`mc-${stage}-data`].BlobBucketName,
    MC_STATE_MACHINE_ARN: outputs[`mc-${stage}-execution`].StateMachineArn,
    MC_STORAGE_KEY_ARN: outputs[`mc-${stage}-keys`].DataKeyArn,
    MC_ENVELOPE_KEY_ALIAS: outputs[`mc-${stage}-keys`].EnvelopeKeyAlias,
    MC_SIGNING_KEY_ALIAS: outputs[`mc-${stage}-keys`].SigningKeyAlias,
    MC_LOG_KEY_ARN: outputs[`mc-${stage}-keys`].LogKeyArn,
  });
}

const parts: { stop(): void }[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = await testCloud((part) => {
    parts.push(part);
    return part;
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const part of parts.reverse()) part.stop();
}

/**
 * The AWS emulator MiniStack (PyPI, no Docker): installed into a virtual environment of its own, started on a free loopback port, ended by the id
 * of the process group it was started as.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { gatewayRequest, type Gateway } from './gateway-request.ts';
import { endGroup, runCommand } from './run-command.ts';

const requirements = join(import.meta.dirname, 'requirements.txt');
const installTimeoutMs = 5 * 60_000;
const startTimeoutMs = 60_000;

/** Installs the pinned versions below `folder` unless they are there; answers the Python to run it with. */
export async function installEmulator(folder: string): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const venv = join(folder, `ministack-${digest}`);
  const python = join(venv, 'bin', 'python');
  const done = join(venv, 'installed');
  if (existsSync(done)) return python;
  console.log(`installing the AWS emulator into ${venv}`);
  rmSync(venv, { recursive: true, force: true });
  const options = { timeoutMs: installTimeoutMs, output: 'quiet' } as const;
  if ((await runCommand('python3', ['-m', 'venv', venv], options)) !== 0)
    throw new Error('Python 3.10 or newer with venv is needed for the AWS emulator.');
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '-r', requirements];
  if ((await runCommand(python, pip, options)) !== 0) throw new Error('The AWS emulator could not be installed from PyPI.');
  mkdirSync(done);
  return python;
}

export interface Emulator extends Gateway {
  /** What AWS clients need to talk to it and to nothing else. */
  env: Record<string, string>;
  stop(): void;
}

/** Starts the emulator; its log goes to `logFile`. */
export async function startEmulator(python: string, logFile: string): Promise<Emulator> {
  const port = await freePort();
  const state = mkdtempSync(join(tmpdir(), 'mc-cloud-'));
  const child = spawn(python, ['-m', 'ministack'], {
    env: {
      // Lambdas run with the first node of the PATH, which must be the pinned one.
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: state,
      TMPDIR: state,
      STATE_DIR: join(state, 'state'),
      S3_DATA_DIR: join(state, 's3'),
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      // It would listen on a fixed port of every address.
      IOT_MTLS_ENABLED: '0',
      // Roles may do what their policies say and nothing else, and buckets refuse requests without TLS: both as on AWS.
      AUTH: 'true',
      USE_SSL: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const stop = (): void => {
    process.off('exit', stop);
    endGroup(child.pid);
    rmSync(state, { recursive: true, force: true });
  };
  process.once('exit', stop);
  // The emulator makes it with openssl.
  const certificate = join(state, 'ministack-tls', 'server.crt');
  await untilHealthy({ port, certificate }, () => child.exitCode !== null, logFile);
  return { port, certificate, env: clientEnv(port, certificate), stop };
}

async function untilHealthy(gateway: Gateway, hasEnded: () => boolean, logFile: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && !hasEnded()) {
    if (existsSync(gateway.certificate) && (await isHealthy(gateway))) return;
    await sleep(200);
  }
  throw new Error(`The AWS emulator did not start (it needs openssl); see ${logFile}.`);
}

async function isHealthy(gateway: Gateway): Promise<boolean> {
  return gatewayRequest(gateway, { path: '/_ministack/health' }).then(
    ({ status }) => status === 200,
    () => false, // Not listening yet.
  );
}

function clientEnv(port: number, certificate: string): Record<string, string> {
  return {
    NODE_EXTRA_CA_CERTS: certificate,
    AWS_ENDPOINT_URL: `https://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    // Nothing of the user's own configuration may lead a deployment anywhere else.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

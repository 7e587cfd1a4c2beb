import { resolve } from 'node:path';
import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import { Region } from '../../shared/manifest/manifest.ts';
import type { SandboxDescription } from '../../runner/sandbox/sandbox-runner.ts';
import { choice, describeCommand, readText } from '../command-options.ts';
import { readWhole } from '../read-whole.ts';
import { readBackupPlan } from './backup/read-backup-plan.ts';
import { defaultDataDir, loginFile } from '../data-dir.ts';
import { paint, paintError } from '../terminal/paint.ts';
import { renderSandbox, sandboxWarnings } from '../terminal/render-sandbox.ts';
import { note, printResult, type OutputOptions } from '../terminal/report.ts';
import { readTrustDomain } from '../verify/trust-domain.ts';

const sandboxLevels = ['bubblewrap-seccomp', 'bubblewrap', 'node-permission'] as const;

type UpOptions = OutputOptions & {
  port: string;
  host: string;
  sandbox: (typeof sandboxLevels)[number];
  warm?: string;
  rotateKeysAfter?: string;
  dataDir?: string;
  region?: string;
  trustDomain?: string;
  encryptedVolume?: boolean;
  issuer?: string;
  audience?: string;
  backupTo?: string;
  backupEvery?: string;
  backupKeep?: string;
  backupPassphraseFile?: string;
  backupKeys: boolean;
};

/** Starts the embedded home and keeps it running. */
export function addUp(program: Command): void {
  const command = program
    .command('up')
    .description('start the embedded home on this machine and keep it running')
    .option('--port <port>', 'TCP port, 0 for a free one', '8484')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--data-dir <folder>', 'where everything is kept (default: MC_DATA_DIR, else ~/.local/share/maestro-conductor)')
    .option('--region <region>', 'where this home stands: it then refuses runs for other regions (default: not declared)')
    .option('--trust-domain <name>', 'SPIFFE trust domain in which the home names its signer (default: mc.local)', readTrustDomain)
    .option(
      '--encrypted-volume',
      'you say that the volume of the data folder is encrypted; policy takes your word for it (default: not said)',
    )
    .option('--issuer <url>', 'OpenID Connect issuer whose tokens are let in (default: only tokens of the home itself)')
    .option('--audience <name>', 'audience those tokens must name (default: maestro-conductor)')
    .option('--backup-to <folder>', 'back the home up into this folder as long as it runs')
    .option('--backup-every <time>', 'how often, such as 10m or 1h (default: 10m)')
    .option('--backup-keep <n>', 'backups that are kept (default: 6)')
    .option('--backup-passphrase-file <file>', 'file with the passphrase that the keys are sealed with')
    .option('--no-backup-keys', 'leave the keys out of the backups; you keep the key files elsewhere')
    .option('--rotate-keys-after <days>', 'age at which keys are rotated, 0 for never (default: 365)')
    .option('--warm <n>', 'sandboxes kept ready for tasks at most, 0 for none (default: two a processor, at most 8)')
    .addOption(choice('--sandbox <level>', 'weakest sandbox that tasks may run in', sandboxLevels).default('node-permission'));
  describeCommand(command, [
    { line: 'maestro up', meaning: 'http://127.0.0.1:8484, data in your home folder' },
    { line: 'maestro up --port 0 --data-dir ./data', meaning: 'a free port, data here' },
    { line: 'maestro up --sandbox bubblewrap-seccomp', meaning: 'does not start where tasks would run in less' },
    { line: 'maestro up --warm 0', meaning: 'every task starts its sandbox when it begins; less memory, later starts' },
    { line: 'maestro up --encrypted-volume', meaning: 'policy may then let sensitive data be kept here' },
    { line: 'maestro up --issuer https://login.example.com', meaning: 'callers log in there; the local admin still comes in' },
    { line: 'maestro up --backup-to /mnt/backups --backup-passphrase-file ~/.mc-passphrase', meaning: 'at most ten minutes are ever lost' },
    { line: 'maestro up --json', meaning: '{"url", "dataDir", "login", "pid", "sandbox"} once it accepts requests' },
  ]).action(up);
}

async function up(options: UpOptions): Promise<void> {
  // Whatever the home or a library writes is for this user alone.
  process.umask(0o077);
  const { warm, rotateKeysAfter: days } = options;
  const port = readWhole('--port', options.port, { least: 0, most: 65_535, hint: '0 for a free port' });
  const warmRunners = warm === undefined ? undefined : readWhole('--warm', warm, { least: 0, most: maxWarm, hint: '0 for none' });
  const maxKeyDays =
    days === undefined ? undefined : readWhole('--rotate-keys-after', days, { least: 0, most: maxDays, hint: '0 for never' });
  const region = readRegion(options.region);
  const oidc = readIssuer(options);
  const backups = readBackupPlan(options);
  const dataDir = options.dataDir === undefined ? defaultDataDir() : resolve(readText('--data-dir', options.dataDir));
  const host = readText('--host', options.host);
  const stopped = stopSignal();
  const { startHost } = await import('../host/start-host.ts'); // Loaded here, so that other commands start without the engine.
  const running = await startHost({
    port,
    host,
    dataDir,
    minimumSandbox: options.sandbox,
    isVolumeEncrypted: options.encryptedVolume === true,
    ...(region === undefined ? {} : { region }),
    ...(options.trustDomain === undefined ? {} : { trustDomain: options.trustDomain }),
    ...(warmRunners === undefined ? {} : { warmRunners }),
    ...(maxKeyDays === undefined ? {} : { maxKeyDays }),
    ...(oidc && { oidc }),
    ...(backups && { backups }),
  });
  const { sandbox, running: attempts } = running.home;
  const answer = { url: running.url, dataDir, login: loginFile(dataDir), pid: process.pid, sandbox };
  printResult(options, answer, () => renderWelcome(answer, declaredBy(options)));
  for (const warning of [...(sandbox ? sandboxWarnings(sandbox) : []), ...addressWarnings(host)]) note(warning);
  const signal = await stopped;
  note(`${signal}: no new work is taken${renderWait(attempts.count, attempts.remainingMs)}`);
  await running.close();
}

/** What a home that was told to stop waits for; nothing when no attempt runs. */
function renderWait(attempts: number, remainingMs: number): string {
  if (attempts === 0) return '';
  const what = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const again = 'press Ctrl-C again to stop at once, they will be repeated after the next start';
  return `; waiting for ${what}, at most ${Math.ceil(remainingMs / 1_000)} s; ${again}`;
}

/** Only this machine reaches these addresses. */
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

function addressWarnings(host: string): string[] {
  if (loopback.test(host)) return [];
  return [
    `${paintError('yellow', 'warning')} plain HTTP on ${host}: whoever is on that network can read the token; put a proxy with TLS in front`,
  ];
}

/** More than this many idle processes would only take memory. */
const maxWarm = 64;
/** Ten years is for ever, and said as 0. */
const maxDays = 3_650;

function readRegion(text: string | undefined): string | undefined {
  if (text === undefined || Region.safeParse(text).success) return text;
  throw new McError(
    'mc:cli:usage',
    `--region got ${JSON.stringify(text)}; allowed is a region as manifests spell it, such as EU or us-east-1.`,
  );
}

function readIssuer({ issuer, audience }: UpOptions): { issuer: string; audience?: string } | undefined {
  if (issuer !== undefined) return { issuer, ...(audience !== undefined && { audience }) };
  if (audience === undefined) return undefined;
  throw new McError('mc:cli:usage', '--audience says what the tokens of an outside issuer must name; give that issuer with --issuer.');
}

/** A terminal and the launcher both deliver the same Ctrl-C, within milliseconds; what comes later is a person who does not want to wait. */
const sameSignalMs = 300;

/** Resolves at the first SIGINT or SIGTERM; the next one ends the process at once, which loses nothing that was acknowledged. */
async function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > sameSignalMs) process.exit(1);
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

interface Welcome {
  url: string;
  dataDir: string;
  login: string;
  sandbox: SandboxDescription | undefined;
}

/** What only the operator knows, so that a slip is seen at the start. */
function declaredBy({ region, encryptedVolume, issuer }: UpOptions): string[] {
  const place = [...(region === undefined ? [] : [`region ${region}`]), ...(encryptedVolume === true ? ['an encrypted volume'] : [])];
  return [
    ...(place.length === 0 ? [] : [`  place  ${place.join(', ')}: your word, which policy takes`]),
    ...(issuer === undefined ? [] : [`  who    the local admin, and whom ${issuer} speaks of`]),
  ];
}

function renderWelcome(answer: Welcome, declared: readonly string[]): string {
  const [sandbox = '', ...refused] = answer.sandbox ? renderSandbox(answer.sandbox) : [];
  return [
    `${paint('green', '●')} ${paint('bold', 'Maestro Conductor')} is up at ${paint('cyan', answer.url)}`,
    '',
    `  API    ${answer.url}/docs`,
    `  data   ${answer.dataDir}`,
    `  tasks  ${sandbox}`,
    ...refused.map((line) => `         ${line}`),
    ...declared,
    `  login  the command line of this user is logged in by ${answer.login}`,
    `         elsewhere: export MC_URL=${answer.url} MC_TOKEN=…  (the token stands in that file)`,
    '',
    '  try    npx maestro whoami',
    '  stop   Ctrl-C',
  ].join('\n');
}

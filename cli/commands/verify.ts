import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Digest } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { maxBundleBytes } from '../../shared/receipt/bundle.ts';
import { verifyBundle, type VerifiedBundle } from '../../shared/receipt/verify-bundle.ts';
import { describeCommand } from '../command-options.ts';
import { readTrustedLogs } from '../log/trust-options.ts';
import { readSmallFile } from '../read-small-file.ts';
import { paint } from '../terminal/paint.ts';
import { summariseStatement } from '../terminal/render-statement.ts';
import { printResult, type OutputOptions } from '../terminal/report.ts';
import { table } from '../terminal/table.ts';
import { shortDigest } from '../terminal/units.ts';
import { reasonOf } from '../workflow-source.ts';
import { isPackFile } from './evidence/pack-file.ts';
import { verifyPackFile } from './evidence/verify-pack.ts';

type VerifyOptions = OutputOptions & { openings?: string; key?: string; trustedRoot?: string; requireLog?: boolean; type?: string };

/** The name `maestro keys export` suggests. */
const defaultKeyFile = 'mc.pub';

/** Verifies a signed bundle without any server. */
export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('verify a receipt, a disclosure pack or any other signed bundle; needs no server')
    .argument('<bundle>', 'sigstore bundle, such as r.sigstore.json, or disclosure pack')
    .argument('[artifact]', 'the file the bundle speaks of, such as r.outputs.json')
    .option('--key <pem>', `public key you trust (default: ${defaultKeyFile} in this folder)`)
    .option('--trusted-root <file>', 'sigstore trusted root that the home published; its logs must have signed the log entry')
    .option('--require-log', 'refuse what stands in no transparency log, such as receipts of versions before 0.3')
    .option('--type <uri>', 'predicate type the statement must have')
    .option('--openings <file>', 'values that were withheld from a disclosure pack, to be checked against it');
  describeCommand(command, [
    { line: 'maestro verify r.sigstore.json r.outputs.json --key mc.pub', meaning: 'signature and artifact' },
    { line: 'maestro verify run.disclosure.tgz --key mc.pub', meaning: 'every byte of a disclosure pack' },
    {
      line: 'maestro verify r.sigstore.json --trusted-root trusted_root.json --require-log',
      meaning: 'and that it stands in the transparency log',
    },
    { line: 'maestro verify r.sigstore.json', meaning: 'signature only, with ./mc.pub' },
  ]).action(async (bundle: string, artifact: string | undefined, options: VerifyOptions) => {
    await verify(bundle, artifact, options);
  });
}

async function verify(bundleFile: string, artifactFile: string | undefined, options: VerifyOptions): Promise<void> {
  const logs = options.trustedRoot === undefined ? undefined : readTrustedLogs(options.trustedRoot);
  const keyFile = chooseKey(options);
  const pem = readPem(keyFile);
  if (await isPackFile(bundleFile)) {
    await verifyPackFile(bundleFile, { pems: [pem] }, options);
    return;
  }
  const bundle = readBundle(bundleFile);
  const artifact = artifactFile === undefined ? undefined : await digestOfFile(artifactFile);
  const verified = verifyBundle(bundle, {
    pem,
    ...(artifact === undefined ? {} : { artifact }),
    ...(options.type === undefined ? {} : { predicateType: options.type }),
    ...(logs === undefined ? {} : { logs }),
    requireLog: options.requireLog === true,
  });
  const { statement, keyId, log } = verified;
  const answer = {
    verified: true,
    bundle: bundleFile,
    key: keyFile,
    keyId,
    predicateType: statement.predicateType,
    log,
    artifact: artifactFile === undefined ? null : { file: artifactFile, digest: artifact },
    subjects: statement.subject,
  };
  printResult(options, answer, () => renderVerified(bundleFile, artifactFile, keyFile, verified));
}

/** Trusting a root that names no key would be trusting nothing, so the key stays mandatory. */
function chooseKey(options: VerifyOptions): string {
  if (options.key !== undefined) return options.key;
  if (existsSync(defaultKeyFile)) return defaultKeyFile;
  const why = options.trustedRoot === undefined ? `there is no ${defaultKeyFile} here` : 'the trusted root names no public key of its own';
  throw new McError(
    'mc:cli:usage',
    `No key to trust: no --key, and ${why}. \`maestro keys export -o ${defaultKeyFile}\` gets the key of your home.`,
  );
}

function readPem(file: string): string {
  const pem = readSmallFile(file, 64 * 1024);
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    throw new McError('mc:cli:usage', `${file} does not hold a public key; allowed is PEM with -----BEGIN PUBLIC KEY-----.`);
  }
  return pem;
}

function readBundle(file: string): unknown {
  return readJson(file, 'mc:receipt:invalid');
}

function readJson(file: string, code: 'mc:cli:usage' | 'mc:receipt:invalid'): unknown {
  try {
    return JSON.parse(readSmallFile(file, maxBundleBytes));
  } catch (error) {
    if (error instanceof SyntaxError) throw new McError(code, `${file} is not JSON: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Artifacts may be large, so they are hashed as a stream. */
async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw new McError('mc:cli:file-unreadable', `${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  return `sha256:${hash.digest('hex')}`;
}

function renderVerified(
  bundleFile: string,
  artifactFile: string | undefined,
  keyFile: string,
  { statement, keyId, log }: VerifiedBundle,
): string {
  const rows = statement.subject.map((subject) => [
    subject.name ?? subject.uri ?? '',
    shortDigest(`sha256:${subject.digest['sha256'] ?? ''}`),
  ]);
  return [
    `${paint(['bold', 'green'], '✔ verified')} ${bundleFile}`,
    `  key        ${keyFile} ${paint('dim', keyId)}`,
    `  statement  ${statement.predicateType}`,
    ...summariseStatement(statement).map((line, index) => `  ${index === 0 ? 'says     ' : '         '}  ${line}`),
    `  artifact   ${artifactFile === undefined ? paint('yellow', 'not checked: name the file to check it too') : `${artifactFile} is a subject`}`,
    `  log        ${describeLog(log)}`,
    '',
    table([{ title: 'SUBJECT' }, { title: 'DIGEST' }], rows.slice(0, 20)),
    ...(rows.length > 20 ? [`… and ${String(rows.length - 20)} more`] : []),
  ].join('\n');
}

function describeLog(log: VerifiedBundle['log']): string {
  if (log === null) return paint('yellow', 'not logged');
  const place = `entry ${String(log.index)} of ${log.origin}`;
  return log.isTrusted ? place : `${place} ${paint('yellow', '(signature of the log not checked: name --trusted-root)')}`;
}

import type { Command } from 'commander';
import { hasCode, McError } from '../../../shared/core/errors.ts';
import type { PushedPolicyPack } from '../../../shared/policy-catalog/policy-pack.ts';
import { ApiProblem } from '../../client/api-problem.ts';
import type { MaestroClient } from '../../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { readBytes, readText } from '../../policy-source.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { renderWarnings } from '../../terminal/render-warnings.ts';
import { printResult } from '../../terminal/report.ts';

type PushOptions = HomeOptions & { signingKey?: string };
type Bytes = Uint8Array<ArrayBuffer>;
type Pushed = Pick<PushedPolicyPack, 'name' | 'version' | 'digest' | 'warnings'> & Partial<PushedPolicyPack>;

/** Pushes a signed bundle, or signs it first. */
export function addPolicyPush(group: Command): void {
  const command = group
    .command('push')
    .description('push a policy pack of the tenant; it judges from then on, beside the shipped packs')
    .argument('<bundle>', 'bundle.tar.gz as `opa build -t wasm` makes it')
    .option('--signing-key <pem>', 'private key (ECDSA P-256, PEM) to sign the bundle with; without it the bundle is signed already');
  describeCommand(addConnection(command), [
    { line: 'maestro policy push bundle.tar.gz', meaning: 'a bundle that `opa build --signing-alg ES256` signed' },
    { line: 'maestro policy push bundle.tar.gz --signing-key key.pem', meaning: 'sign here, then push' },
  ]).action(async (path: string, options: PushOptions) => {
    const pushed = await pushPack(connect(options), readBytes(path), options.signingKey);
    printResult(options, pushed, () => renderPushed(pushed));
  });
}

async function pushPack(client: MaestroClient, archive: Bytes, keyFile: string | undefined): Promise<Pushed> {
  if (keyFile === undefined) return client.pushPolicyPack(archive);
  const { holdSameFiles, signBundle } = await import('../../../policy/catalog/sign-bundle.ts'); // Loaded here, so that other commands start without it.
  const signed = await signOrRefuse(keyFile, (pem) => signBundle(archive, pem));
  try {
    return await client.pushPolicyPack(signed);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'mc:policy:pack-conflict') throw error;
    // No two signatures of this kind are equal, so the same rules pushed twice only differ in theirs.
    const { inspectPack } = await import('../../../policy/catalog/inspect-pack.ts');
    const { pack } = await inspectPack(signed, 'unsigned');
    if (pack === undefined) throw error;
    const { name, version } = pack.entry;
    const published = await client.getPolicyBundle(name, version);
    if (!(await holdSameFiles(published, signed))) throw error;
    const there = (await client.getPolicyPack(name)).versions.find((found) => found.version === version);
    if (there?.state !== 'active') throw error;
    return {
      name,
      warnings: [],
      version,
      digest: there.digest,
      ...(there.releaseId ? { releaseId: there.releaseId } : {}),
    };
  }
}

async function signOrRefuse(keyFile: string, sign: (pem: string) => Promise<{ archive: Uint8Array }>): Promise<Bytes> {
  const pem = readText(keyFile);
  try {
    return new Uint8Array((await sign(pem)).archive);
  } catch (cause) {
    if (hasCode(cause, 'mc:key:unreadable'))
      throw new McError('mc:cli:usage', `--signing-key ${keyFile} is no private ECDSA P-256 key in PEM.`, { cause });
    const message = cause instanceof Error ? cause.message : String(cause);
    const issues = [{ code: 'archive', pointer: '', message }];
    throw new McError('mc:policy:bundle-refused', `The bundle cannot be read: ${message}.`, { issues, cause });
  }
}

function renderPushed({ name, version, digest, releaseId, signature, warnings }: Pushed): string {
  return [
    `${paint('green', '✔')} pushed ${paint('bold', `${name}@${version}`)}; it judges now`,
    `  digest   ${digest}`,
    ...(signature === undefined ? [] : [`  signed   ${signature.keyId}`]),
    ...(releaseId === undefined ? [] : [`  release  ${releaseId} (signed statement)`]),
    ...renderWarnings(warnings),
  ].join('\n');
}

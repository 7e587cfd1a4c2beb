import type { Command } from 'commander';
import { Digest } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { describeCommand } from '../command-options.ts';
import { toFailure } from '../failure.ts';
import { renderFailure } from '../terminal/render-failure.ts';
import { exitWith, note, printResult, type OutputOptions } from '../terminal/report.ts';
import { digestOfFile, readBundleFile } from '../verify/read-bundle-file.ts';
import { addIdentityOptions, readTrust, verifyBy, type SignerOptions } from '../verify/signer-trust.ts';

type BundleOptions = OutputOptions & SignerOptions & { bundle: string };

/** Verifies one bundle the way suites of conformance cases ask for it: a bundle, whom to trust, an artifact, and a verdict as exit code. */
export function addVerifyBundle(program: Command): void {
  const command = program
    .command('verify-bundle')
    .description(
      'verify one bundle by --key or by an identity, for a script or a conformance suite: exit code 0 it verifies, 1 it does not, 2 nothing was verified, as when a file is missing; for people there is verify',
    )
    .argument('<file-or-digest>', 'the artifact, as a file or as sha256:<hex>')
    .requiredOption('--bundle <file>', 'sigstore bundle v0.3 with a signed in-toto statement')
    .option('--key <pem>', 'PEM file of the public key you trust; this or the two of the identity')
    .option('--trusted-root <file>', 'sigstore trusted root; with it the bundle must stand in one of its logs; an identity needs it');
  describeCommand(addIdentityOptions(command), [
    {
      line: 'maestro verify-bundle --bundle r.sigstore.json --key mc.pub --trusted-root trusted_root.json r.outputs.json',
      meaning: 'with a key',
    },
    {
      line: 'maestro verify-bundle --bundle r.identity.json --trusted-root trusted_root.json --certificate-identity spiffe://… --certificate-oidc-issuer https://… sha256:…',
      meaning: 'with an identity',
    },
  ]).action(async (artifact: string, options: BundleOptions) => {
    await verifyOne(artifact, options);
  });
}

async function verifyOne(fileOrDigest: string, options: BundleOptions): Promise<void> {
  try {
    const trust = await readTrust(options);
    const artifact = await artifactOf(fileOrDigest);
    const { statement, keyId, log } = await verifyBy(trust, readBundleFile(options.bundle), {
      artifact,
      requireLog: options.trustedRoot !== undefined,
    });
    printResult(options, { verified: true, keyId, predicateType: statement.predicateType, log }, () => 'verified');
  } catch (error) {
    answerRefusal(error, options);
  }
}

/** A digest is what looks like one; everything else is the name of a file. */
async function artifactOf(fileOrDigest: string): Promise<Digest> {
  if (!/^sha256:/i.test(fileOrDigest)) return digestOfFile(fileOrDigest);
  const parsed = Digest.safeParse(fileOrDigest);
  if (!parsed.success)
    throw new McError(
      'mc:cli:usage',
      `${fileOrDigest.slice(0, 80)} is no digest; allowed is sha256: and 64 lower-case hexadecimal digits.`,
    );
  return parsed.data;
}

/** Only a bundle that does not hold is a verdict; everything else says that nothing was verified. */
function answerRefusal(error: unknown, options: BundleOptions): void {
  const { exit: _exit, ...failure } = toFailure(error, 'maestro verify-bundle --help');
  const isVerdict = failure.code === 'mc:receipt:invalid';
  if (options.json === true) printResult(options, { verified: false, error: failure }, () => '');
  note(renderFailure({ ...failure, exit: isVerdict ? 1 : 2 }));
  exitWith(isVerdict ? 1 : 2);
}

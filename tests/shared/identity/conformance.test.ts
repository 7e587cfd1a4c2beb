/**
 * Cases in the manner of public conformance suites: a bundle, whom to trust, an artifact, and the verdict. Each is asked of `maestro verify-bundle` (its
 * verdict in this process, some as processes too) and of stock cosign 3, without an insecure flag.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readBundleText } from '../../../cli/verify/read-bundle-file.ts';
import { verifyBy } from '../../../cli/verify/signer-trust.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { hasCode } from '../../../shared/core/errors.ts';
import { trustedAuthorities } from '../../../shared/identity/trusted-authorities.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import { artifact as usualArtifact } from '../../support/build-statement.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { buildCases, type Cases } from '../../support/identity/cases.ts';
import type { Case } from '../../support/identity/scene.ts';
import { askCosign } from '../../support/log/cosign.ts';

let cases: Cases;
beforeAll(async () => {
  cases = await buildCases();
});
afterAll(() => cases.close());

const names = await (async () => {
  const built = await buildCases();
  built.close();
  return built.all.map(({ name, holds, cosign = holds }) => ({ name, holds, cosign }));
})();

function caseOf(name: string): Case {
  const found = cases.all.find((each) => each.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
}

/** What `maestro verify-bundle` says, `ok` or its reason, without the start of a process. */
async function ask({ bundle, by, root, artifact = usualArtifact }: Case): Promise<string> {
  const logs = trustedLogs(root);
  const trust = 'pem' in by ? { keyFile: 'mc.pub', pems: [by.pem], logs } : { identity: by, authorities: trustedAuthorities(root), logs };
  try {
    await verifyBy(trust, readBundleText(bundle, 'the bundle'), { artifact: digestBytes(artifact), requireLog: true });
    return 'ok';
  } catch (error) {
    if (hasCode(error, 'mc:receipt:invalid') && error instanceof Error) return error.message;
    throw error;
  }
}

describe('maestro verify-bundle', () => {
  test.each(names)('$name: $holds', async ({ name, holds }) => {
    const verdict = await ask(caseOf(name));
    if (holds) expect(verdict).toBe('ok');
    else expect(verdict).not.toBe('ok');
  });
});

const cosign3 = findOracle('cosign3');
(cosign3 === undefined ? describe.skip : describe)('stock cosign 3', () => {
  test.each(names)('$name: $cosign', ({ name, cosign }) => {
    const { bundle, by, root, artifact = usualArtifact } = caseOf(name);
    const who = 'pem' in by ? { pem: by.pem } : { identity: by };
    const answer = askCosign(cosign3 ?? '', { bundle, ...who, artifact, predicateType: predicateTypes.run, trustedRoot: root });
    if (cosign) expect(answer).toBe('ok');
    else expect(answer).toContain('Error');
  });
});

/**
 * Cases in the manner of public conformance suites: a bundle, whom to trust, an artifact, and the verdict. Each is asked of `maestro verify-bundle` (its
 * verdict in this process, some as processes too) and of stock cosign 3, without an insecure flag.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { artifact as usualArtifact } from '../../support/build-statement.ts';
import { findOracle } from '../../support/find-oracle.ts';
import { askMaestro } from '../../support/identity/ask-maestro.ts';
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

const ask = ({ artifact = usualArtifact, ...rest }: Case): Promise<string> => askMaestro({ ...rest, artifact: digestBytes(artifact) });

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

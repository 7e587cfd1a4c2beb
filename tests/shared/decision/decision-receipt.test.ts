import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { decide } from '../../../shared/decision/decide.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { getDecisionReceipt } from '../../../shared/decision/decision-receipt.ts';
import { decisionOp, getDecision, listDecisions, loneDecisionPk } from '../../../shared/decision/decision-store.ts';
import { DecisionLogEntry, toLogEntry } from '../../../shared/decision/decision-log-entry.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildInput } from '../../support/build-policy-input.ts';
import { fakePolicy } from '../../support/fake-policy.ts';
import { findOracle } from '../../support/find-oracle.ts';

const actor = buildActor();
const manifest = canonicalJson({ name: 'audit' });
const reason = {
  rule: 'residency.region_banned',
  message: 'Region RU of the request lies in a banned jurisdiction.',
  got: 'RU',
  allowed: 'any region outside KP, RU',
  solution: 'Use a region outside the banned jurisdictions.',
};

let home: TestHome;
beforeEach(() => {
  const entries = [{ effect: 'deny', ...reason }] as const;
  home = buildDeps({ policy: fakePolicy([{ pack: 'residency', digest: digestBytes('pack'), verdict: 'deny', entries: [...entries] }]) });
});
afterEach(() => home.close());

async function recorded(): Promise<Decision> {
  const input = buildInput();
  const question = { input: { ...input, workflow: { ...input.workflow, digest: digestBytes(manifest) } }, packs: [] };
  const decision = await decide(home.deps, 'start', question);
  await home.deps.table.write([decisionOp(loneDecisionPk(actor.tenant, decision.id), decision)]);
  return decision;
}

describe('a recorded decision', () => {
  test('is found by its id and in the list of its tenant, newest first, and not by another tenant', async () => {
    const [first, second] = [await recorded(), await recorded()];
    expect(await getDecision(home.deps, actor.tenant, first.id)).toEqual(first);
    const { items } = await listDecisions(home.deps, actor.tenant, { limit: 10 });
    expect(items.map(({ id }) => id)).toEqual([second.id, first.id]);
    const other = buildActor(['admin'], 'other');
    await expect(getDecision(home.deps, other.tenant, first.id)).rejects.toMatchObject({ code: 'mc:decision:not-found' });
    await expect(getDecisionReceipt(home.deps, other, first.id)).rejects.toMatchObject({ code: 'mc:decision:not-found' });
    expect((await listDecisions(home.deps, other.tenant, { limit: 10 })).items).toEqual([]);
  });

  test("is an entry with the fields of OPA's decision log", async () => {
    const entry = toLogEntry(home.deps.config, await recorded());
    expect(DecisionLogEntry.parse(entry)).toEqual(entry);
    expect(entry).toMatchObject({
      path: 'mc/start',
      bundles: { residency: { revision: digestBytes('pack') } },
      result: { verdict: 'deny' },
    });
  });
});

describe('the receipt of a denial', () => {
  test('is a verification summary with every reason and its fix, and the same bytes whenever it is asked for', async () => {
    const { id } = await recorded();
    const receipts = await Promise.all([1, 2, 3].map(() => getDecisionReceipt(home.deps, actor, id)));
    expect(new Set(receipts.map((bundle) => JSON.stringify(bundle))).size).toBe(1);
    const { pem } = await home.deps.signer.publicKey();
    const { statement } = verifyBundle(receipts[0], { pem, artifact: digestBytes(manifest), predicateType: predicateTypes.decision });
    const { got: input, ...shown } = reason;
    expect(statement.predicate).toMatchObject({
      verificationResult: 'FAILED',
      verifiedLevels: ['FAILED'],
      mc_decision: { id, verdict: 'deny', deny: [{ pack: 'residency', ...shown, input }] },
    });
  });

  const cosign = findOracle('cosign3');
  (cosign === undefined ? test.skip : test)('verifies with stock cosign, and not when a reason was changed', async () => {
    const { id } = await recorded();
    const bundle = await getDecisionReceipt(home.deps, actor, id);
    const folder = mkdtempSync(join(tmpdir(), 'mc-denial-'));
    try {
      const { pem } = await home.deps.signer.publicKey();
      writeFileSync(join(folder, 'mc.pub'), pem);
      writeFileSync(join(folder, 'manifest.json'), manifest);
      const verifies = (value: unknown): boolean => {
        writeFileSync(join(folder, 'denial.json'), JSON.stringify(value));
        const flags = ['--key', 'mc.pub', '--bundle', 'denial.json', '--type', predicateTypes.decision, '--insecure-ignore-tlog=true'];
        try {
          execFileSync(cosign ?? '', ['verify-blob-attestation', ...flags, 'manifest.json'], { cwd: folder, stdio: 'pipe' });
          return true;
        } catch {
          return false;
        }
      };
      expect(verifies(bundle)).toBe(true);
      const payload = Buffer.from(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace('RU', 'US')).toString('base64');
      expect(verifies({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } })).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

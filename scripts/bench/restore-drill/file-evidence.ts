import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHomeStores } from '../../../cli/host/home-stores.ts';
import { digestBytes, hexOf } from '../../../shared/core/digest.ts';
import { homeTrustedRoot } from '../../../shared/identity/home-trusted-root.ts';
import { identityForm } from '../../../shared/identity/identity-form.ts';
import { predicateTypes, type Statement } from '../../../shared/receipt/statement.ts';
import { fileHomeStatement } from '../../../shared/backup/file-home-statement.ts';
import type { describeMachine } from '../machine.ts';
import type { DrillFigures } from './drill.ts';
import type { DrillTest } from './objectives.ts';

export interface DrillReport {
  drilledAt: string;
  machine: ReturnType<typeof describeMachine>;
  /** Load average of the machine before the drill. */
  load: number;
  options: { runs: number; megabytes: number; everyMs: number; seed: number };
  figures: DrillFigures;
  tests: readonly DrillTest[];
}

/** What of a report the statement needs besides its bytes. */
type Filed = Pick<DrillReport, 'drilledAt' | 'tests'> & { machine: { class: string }; figures: { backup: { id: string } } };

/**
 * Files the figures, and a test result about them that the restored home itself signs and logs: the home that the drill brought back shows that way that it can
 * sign, by key and by identity. Its key and trusted root lie beside. Answers the names of the files.
 */
export async function fileEvidence(report: Filed, { dataDir, place }: { dataDir: string; place: string }): Promise<string[]> {
  const name = `restore-drill-${hexOf(digestBytes(report.machine.class)).slice(0, 12)}`;
  const figures = `${JSON.stringify(report, null, 2)}\n`;
  const stores = await openHomeStores(dataDir);
  try {
    const key = { pk: `T#${stores.config.ownerTenant}#DRILL`, sk: report.drilledAt };
    const bundle = await fileHomeStatement(stores, {
      key,
      statement: testResult(`${name}.json`, figures, report.tests),
      change: { type: 'mc.home.restore', subject: report.figures.backup.id, reason: 'the restore was drilled' },
    });
    const identity = await identityForm(stores, stores.config.ownerTenant, key);
    const root = await homeTrustedRoot(stores);
    const files: [string, string][] = [
      [`${name}.json`, figures],
      [`${name}.sigstore.json`, `${JSON.stringify(bundle)}\n`],
      [`${name}.identity.json`, `${JSON.stringify(identity)}\n`],
      [`${name}.pub`, (await stores.signer.publicKey()).pem],
      [`${name}.trusted-root.json`, `${JSON.stringify(root)}\n`],
    ];
    for (const [file, text] of files) writeFileSync(join(place, file), text);
    return files.map(([file]) => file);
  } finally {
    stores.close();
  }
}

/** An in-toto test result (v0.1) about the file of figures. */
function testResult(file: string, figures: string, tests: readonly DrillTest[]): Statement {
  const named = (passed: boolean): string[] => tests.filter((test) => test.passed === passed).map((test) => test.name);
  const failedTests = named(false);
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: predicateTypes.testResult,
    subject: [{ name: file, digest: { sha256: hexOf(digestBytes(figures)) } }],
    predicate: {
      result: failedTests.length === 0 ? 'PASSED' : 'FAILED',
      configuration: [{ name: 'npm run drill:restore', uri: 'https://maestro-conductor.dev/drills/restore' }],
      passedTests: named(true),
      failedTests,
    },
  };
}

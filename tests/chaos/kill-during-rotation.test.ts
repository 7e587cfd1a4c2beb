import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEmbeddedHome } from '../../cli/host/embedded-deps.ts';
import { rotationPoints } from '../../shared/port/faults.ts';
import { runScenario } from './run-scenario.ts';

const scenario = fileURLToPath(new URL('rotation-scenario.ts', import.meta.url));

/** Where a wrapping key is something else than a signer; a signer has no data keys to wrap anew. */
const pointsOfData = ['rotate:after-key', 'rotate:after-activate', 'rotate:after-rewrap', 'rotate:after-destroy'];
const cases = [
  ...rotationPoints.filter((point) => point !== 'rotate:after-rewrap').map((point) => ['signer', point] as const),
  ...pointsOfData.map((point) => ['data', point] as const),
];

const whole = {
  rotations: [{ step: 'finished', problem: null }],
  // Requested, switched, finished.
  events: 3,
  differences: [],
  // One signing key and one file of wrapping keys.
  files: 2,
};
const expected = {
  signer: {
    ...whole,
    statements: ['introduced-by-old', 'introduced-by-new', 'completed'].map((name) => ({ name, isLogged: true })),
    states: ['active', 'retired'],
    wasSignedByOld: true,
    isSignedByNew: true,
  },
  data: { ...whole, statements: ['introduced', 'completed'].map((name) => ({ name, isLogged: true })), states: ['active'] },
};

describe('a home killed with SIGKILL while it rotates a key, and started again, finishes that rotation', () => {
  let template: string;
  beforeAll(async () => {
    template = mkdtempSync(join(tmpdir(), 'mc-rotation-template-'));
    await (await openEmbeddedHome({ dataDir: template })).close();
  }, 60_000);
  afterAll(() => rmSync(template, { recursive: true, force: true }));

  test.concurrent.each(cases)(
    'of the %s key, at %s',
    async (kind, point) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'mc-rotation-'));
      try {
        cpSync(template, dataDir, { recursive: true });
        expect(await runScenario(scenario, [dataDir, kind, point])).toMatchObject({ signal: 'SIGKILL' });
        const second = await runScenario(scenario, [dataDir, kind, 'none']);
        expect(second).toMatchObject({ signal: null, code: 0 });
        expect(JSON.parse(second.stdout)).toMatchObject(kind === 'data' ? expected.data : expected.signer);
      } finally {
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    60_000,
  );
});

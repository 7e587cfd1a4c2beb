import { describe, expect, test } from '@jest/globals';
import { drawUser, becomeUser } from '../../runner/sandbox/own-user.ts';
import { findBubblewrap } from '../../runner/sandbox/bubblewrap-isolation.ts';
import { findProgram } from '../../runner/sandbox/find-program.ts';
import { resourceLimits } from '../../runner/sandbox/resource-limits.ts';
import { buildTaskSpec } from '../support/build-task-spec.ts';
import { ResourceClass } from '../../shared/manifest/manifest.ts';

const mebibyte = 1024 * 1024;
const limitsOf = (resourceClass: ResourceClass): Record<string, string> => {
  const { limits } = buildTaskSpec({ limits: { resourceClass, timeoutMs: 1_500 } });
  const found: Record<string, string> = {};
  for (const argument of resourceLimits(limits)) {
    const [name = '', value = ''] = argument.slice(2).split('=');
    found[name] = value;
  }
  return found;
};

describe('limits of the kernel', () => {
  test('grow with the resource class', () => {
    expect(ResourceClass.options.map((name) => ({ ...limitsOf(name) }))).toEqual([
      expect.objectContaining({ nproc: '32', nofile: '256', cpu: '12' }),
      expect.objectContaining({ nproc: '64', nofile: '512', cpu: '14' }),
      expect.objectContaining({ nproc: '128', nofile: '1024', cpu: '18' }),
    ]);
  });

  test('leave Node what it needs to live: 16 threads, and 600 MiB of data beyond the limit of the task', () => {
    for (const name of ResourceClass.options) {
      expect(Number(limitsOf(name)['nproc'])).toBeGreaterThanOrEqual(16);
      expect(Number(limitsOf(name)['data'])).toBe((256 + 600) * mebibyte);
    }
  });

  test('allow no file larger than scratch, and no core file', () => {
    expect(limitsOf('small')).toMatchObject({ fsize: String(8 * mebibyte), core: '0', msgqueue: '0' });
  });
});

describe('the user of a task of root', () => {
  test('is nobody that the system knows, and another one each time', () => {
    const users = Array.from({ length: 100 }, drawUser);
    expect(users.every((user) => user >= 2_000_000_000 && user < 2 ** 31)).toBe(true);
    expect(new Set(users).size).toBe(100);
  });

  test('has no groups, no capabilities and no way to new ones', () => {
    expect(becomeUser(2_000_000_001)).toEqual(
      expect.arrayContaining(['--reuid=2000000001', '--regid=2000000001', '--clear-groups', '--bounding-set=-all', '--no-new-privs']),
    );
  });
});

(findProgram('bwrap') === undefined ? describe.skip : describe)('levels on bubblewrap', () => {
  test('on an architecture without a tested table the filter is not there, and the level is the lower one', () => {
    const { isolations, missing } = findBubblewrap(process.execPath, 'arm64');
    expect(isolations.map(({ level }) => level)).toEqual(['bubblewrap']);
    expect(missing).toContainEqual(expect.stringContaining('not for arm64'));
  });
});

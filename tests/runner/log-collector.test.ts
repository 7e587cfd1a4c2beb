import { expect, test } from '@jest/globals';
import { LogCollector } from '../../runner/sandbox/log-collector.ts';
import { FakeClock } from '../support/fake-clock.ts';

test('a line of the runner that is too long is split like any other, between two characters, and none of it is dropped', () => {
  const log = new LogCollector(new FakeClock(), 0);
  log.system('short');
  log.system(`${'x'.repeat(8_191)}😀${'y'.repeat(8_190)}z`);
  expect(log.lines().map(({ stream, text }) => [stream, text])).toEqual([
    ['system', 'short'],
    ['system', 'x'.repeat(8_191)],
    ['system', `😀${'y'.repeat(8_190)}`],
    ['system', 'z'],
  ]);
});

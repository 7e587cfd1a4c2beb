import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { renderEgress } from '../../../cli/terminal/render-egress.ts';
import { TaskView } from '../../../shared/execution/execution.ts';
import type { EgressTrace } from '../../../shared/port/egress-trace.ts';
import { buildEgressRow, buildEgressTrace } from '../../support/build-egress-trace.ts';

function lines(egress?: EgressTrace): string[] {
  const attempt = {
    ...{ attempt: 1, startedAt: '2026-11-21T10:00:00.000Z', endedAt: null, sandbox: null, inputsDigest: null, outputsDigest: null },
    ...{ logDigest: null, failure: null, message: null, wallMs: null, decisions: [], decisionsDigest: null },
  };
  const task = TaskView.parse({
    ...{
      id: 'call',
      uses: 'pkg:demo/echo@1.0.0',
      packageDigest: `sha256:${'0'.repeat(64)}`,
      state: 'running',
      needs: [],
      outputsDigest: null,
    },
    ...{ reusedFrom: null, costUsdMicros: 0, compensation: 'none', compensationAttempts: [] },
    attempts: [egress === undefined ? attempt : { ...attempt, egress }],
  });
  return renderEgress([task]).map(stripVTControlCharacters);
}

const allowed = buildEgressRow({ host: 'api.example.com', verdict: 'allowed', reason: 'listed' });

describe('network calls for people', () => {
  test('are silent when all of them were allowed, or none was possible', () => {
    expect(lines(buildEgressTrace([allowed]))).toEqual([]);
    expect(lines()).toEqual([]);
  });

  test('that are only counted are counted, with where they are listed', () => {
    expect(lines(buildEgressTrace([], { unlisted: 9, blocked: 4, wouldBlock: 2 }))).toEqual([
      'egress call, attempt 1: 4 calls blocked and 2 let through, which `maestro receipt --egress` lists',
    ]);
    expect(lines(buildEgressTrace([], { unlisted: 9 }))).toEqual([]);
  });

  test('name what was blocked, how often, and that there is more', () => {
    const odd = buildEgressRow({ host: '', port: 0, reason: 'malformed' });
    expect(lines(buildEgressTrace([allowed, buildEgressRow({ count: 3 }), odd], { unlisted: 5 }))).toEqual([
      'egress blocked call, attempt 1: evil.example.com:443, not on the list of the task (3 times)',
      'egress blocked call, attempt 1: an unreadable request, no request that the proxy takes',
      'egress call, attempt 1: 5 more calls are not listed one by one',
    ]);
  });

  test('shout shadow mode and a sandbox that does not enforce, even when nothing was called', () => {
    expect(lines(buildEgressTrace([buildEgressRow({ verdict: 'would-block' })], { mode: 'shadow' }))).toEqual([
      'SHADOW MODE call, attempt 1: public hosts outside of the egress list were let through',
      'egress would-block call, attempt 1: evil.example.com:443, not on the list of the task',
    ]);
    expect(lines(buildEgressTrace([], { enforced: false }))).toEqual([
      'egress not enforced call, attempt 1: its sandbox does not block the network',
    ]);
  });
});

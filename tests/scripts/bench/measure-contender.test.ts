import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Contender } from '../../../scripts/bench/peers/contender.ts';
import { measureContender, type Burst } from '../../../scripts/bench/peers/measure-contender.ts';

const servers: Server[] = [];
const stopped: string[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
  stopped.splice(0);
});

interface Engine {
  status: number;
  /** Which share of the runs it was given ever ends. */
  doneShare: number;
}

/** An engine that starts and ends a run as soon as it is asked to, or does not. */
function engine({ status, doneShare }: Engine): Contender {
  const starts = new Map<string, number>();
  const start = async (): ReturnType<Contender['start']> => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        starts.set(String(starts.size), performance.timeOrigin + performance.now());
        response.writeHead(status, { 'content-length': 0 }).end();
      });
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 'none',
      submit: async (client, index) => {
        await client.post('/', '{}');
        return String(index);
      },
      isDone: async (runs) => starts.size * doneShare >= runs,
      completedInBooks: async () => starts.size,
      starts: async () => starts,
      pids: () => [process.pid],
      stop: async () => {
        stopped.push('stopped');
        server.close();
      },
    };
  };
  return { name: 'test', settings: 'none', start };
}

const burst = (changes: Partial<Burst> = {}): Burst => ({
  runs: 200,
  connections: 8,
  limitMs: 10_000,
  signal: new AbortController().signal,
  ...changes,
});

describe('a burst', () => {
  test('is measured from its own beginning, without the warm-up before it', async () => {
    const figures = await measureContender(engine({ status: 201, doneShare: 1 }), burst());
    expect(figures.startMs.p50).toBeGreaterThan(0);
    expect(figures.startMs.p95).toBeLessThanOrEqual(figures.acceptedMs.p99);
    // The pause after the warm-up alone is longer than that.
    expect(figures.acceptedMs.p99).toBeLessThan(1_500);
    expect(figures.perSecond).toBeGreaterThan(200 / 1.5);
    expect(figures.peakRssBytes).toBeGreaterThan(20e6);
    expect(figures).not.toHaveProperty('syncsPerRun');
    expect(stopped).toEqual(['stopped']);
  });

  test('that does not end in time has failed, and its engine is stopped', async () => {
    const slow = measureContender(engine({ status: 201, doneShare: 0.5 }), burst({ limitMs: 1_000 }));
    await expect(slow).rejects.toThrow('not finished within 1 s');
    expect(stopped).toEqual(['stopped']);
  });

  test('of which a run was refused has failed, and its engine is stopped', async () => {
    await expect(measureContender(engine({ status: 503, doneShare: 1 }), burst())).rejects.toThrow('answered 503');
    expect(stopped).toEqual(['stopped']);
  });

  test('ends at once when the comparison is stopped, and so does one that begins afterwards', async () => {
    const stop = new AbortController();
    const running = measureContender(engine({ status: 201, doneShare: 0 }), burst({ signal: stop.signal }));
    setTimeout(() => stop.abort(new Error('stopped by the user')), 300);
    await expect(running).rejects.toThrow('stopped by the user');
    await expect(measureContender(engine({ status: 201, doneShare: 0 }), burst({ signal: stop.signal }))).rejects.toThrow('stopped by');
    expect(stopped).toEqual(['stopped', 'stopped']);
  });
});

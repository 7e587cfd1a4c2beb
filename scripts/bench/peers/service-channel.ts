/** The measured side of the IPC channel: notes starts and completions, answers the driver, and ends the process with it. */
import type { Server } from 'node:net';
import type { ServiceMessage } from './service-message.ts';

export interface ServiceChannel {
  /** Of a run that is tried again, the first time counts. */
  noteStart(key: string): void;
  noteCompletion(): void;
  announce(address: ReturnType<Server['address']>): void;
}

export function openServiceChannel(): ServiceChannel {
  const starts = new Map<string, number>();
  let completed = 0;
  const send = (message: ServiceMessage): void => void process.send?.(message);
  process.on('message', (message) => {
    if (message === 'progress') send({ kind: 'progress', sealed: completed, pending: 0 });
    if (message === 'starts') send({ kind: 'starts', starts: [...starts] });
    if (message === 'end') process.exit(0);
  });
  process.on('disconnect', () => process.exit(0));
  return {
    noteStart: (key) => {
      if (!starts.has(key)) starts.set(key, performance.timeOrigin + performance.now());
    },
    noteCompletion: () => {
      completed += 1;
    },
    announce: (address) => {
      if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
      send({ kind: 'ready', url: `http://127.0.0.1:${address.port}`, token: 'none' });
    },
  };
}

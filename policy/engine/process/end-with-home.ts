import { Worker } from 'node:worker_threads';

const lookMs = 1_000;

const look = `
  const { workerData: { home, lookMs } } = require('node:worker_threads');
  setInterval(() => process.ppid === home || process.kill(process.pid, 'SIGKILL'), lookMs);
`;

/**
 * Ends this process soon after the home that started it is gone. One that has nothing to do ends with the channel to its home; one with a rule
 * that does not end would never hear of that, so a thread looks.
 */
export function endWithHome(): void {
  new Worker(look, { eval: true, env: {}, workerData: { home: process.ppid, lookMs } }).unref();
}

import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { percentiles } from './percentiles.ts';

/** What a result depends on. Results are compared only within one class. */
export interface Machine {
  /** Processor model, count and Node version: equal for machines whose results may be compared. */
  class: string;
  memoryBytes: number;
  /** How long one write takes to reach the disk here; a virtual disk may acknowledge far too early. */
  fsyncMs: { p50: number; p95: number; p99: number };
}

const probes = 200;

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    class: `${cpus().length} x ${first?.model.trim() ?? 'unknown'}, node ${process.versions.node}`,
    memoryBytes: totalmem(),
    fsyncMs: probeFsync(),
  };
}

function probeFsync(): Machine['fsyncMs'] {
  const folder = mkdtempSync(join(tmpdir(), 'mc-fsync-'));
  const file = openSync(join(folder, 'probe'), 'w');
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: probes }, () => {
    const startedAt = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(folder, { recursive: true, force: true });
  return percentiles(times.sort((a, b) => a - b));
}

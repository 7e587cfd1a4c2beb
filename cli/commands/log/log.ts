import type { Command } from 'commander';
import { addLogAudit } from './audit.ts';
import { addLogCheckpoint } from './checkpoint.ts';
import { addLogProve } from './prove.ts';

/** The transparency log of a home, looked at from outside. */
export function addLog(program: Command): void {
  const log = program.command('log').description('the transparency log: its checkpoints, proofs and an audit of all of it');
  addLogCheckpoint(log);
  addLogProve(log);
  addLogAudit(log);
}

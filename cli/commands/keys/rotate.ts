import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import { usualWindowHours } from '../../../shared/rotation/request-rotation.ts';
import type { KeyRotation } from '../../../shared/rotation/rotation-view.ts';
import type { RotationKind } from '../../../shared/rotation/rotation.ts';
import type { MaestroClient } from '../../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { note, printResult } from '../../terminal/report.ts';
import { describeRotation } from './rotation-report.ts';

type RotateOptions = HomeOptions & { reason?: string; window: string; instead?: boolean; wait?: boolean };

const pauseMs = 1_000;

/** Begins a rotation; the home goes on with it by itself. */
export function addRotate(group: Command): void {
  const command = group
    .command('rotate')
    .description('replace a key of the home by a new one; for admins of the tenant that owns the home')
    .argument('[kind]', 'signer (signs receipts) or data (wraps data keys)', 'signer')
    .option('--reason <text>', 'why; it stands in the statements and in the audit event')
    .option('--window <hours>', 'how long the old key can still be used after the switch, 0 to 144', String(usualWindowHours))
    .option('--instead', 'abandon the rotation that is under way, unless it has switched keys; needs --reason')
    .option('--wait', 'wait until the new key is in use');
  describeCommand(addConnection(command), [
    { line: 'maestro keys rotate', meaning: 'a new signing key; nothing stops, old receipts verify for ever' },
    { line: 'maestro keys rotate data --reason "yearly"', meaning: 'a new wrapping key; data keys are wrapped anew' },
    { line: 'maestro keys rotate --instead --reason "its new key is lost"', meaning: 'in place of one that cannot go on' },
    { line: 'maestro keys rotate --window 0 --wait', meaning: 'the old private key is given up as soon as the new one signs' },
  ]).action(rotate);
}

async function rotate(kind: string, options: RotateOptions): Promise<void> {
  const client = connect(options);
  const { reason } = options;
  const begun = await client.rotateKey({
    kind: readKind(kind),
    windowHours: readHours(options.window),
    ...(reason !== undefined && { reason }),
    ...(options.instead === true && { instead: true }),
  });
  const shown = options.wait === true ? await waitForSwitch(client, begun) : begun;
  printResult(options, shown, () => `${paint('green', '✔')} ${shown.id}: ${describeRotation(shown)}`);
  if (shown.finishedAt === null && options.json !== true) note(`maestro keys status ${shown.id}`);
}

/** With a window the rotation goes on for hours; what people wait for is the new key. */
async function waitForSwitch(client: MaestroClient, { id }: KeyRotation): Promise<KeyRotation> {
  for (;;) {
    const now = await client.getKeyRotation(id);
    if (now.problem !== null) throw new McError('mc:key:rotation-refused', now.problem);
    const isInWindow = now.windowEndsAt !== null && Date.parse(now.windowEndsAt) > Date.now();
    if (now.finishedAt !== null || isInWindow) return now;
    await delay(pauseMs);
  }
}

function readKind(kind: string): RotationKind {
  if (kind === 'signer' || kind === 'data') return kind;
  throw new McError('mc:cli:usage', `${kind} is no kind of key; allowed are signer and data.`);
}

function readHours(text: string): number {
  const hours = Number(text);
  if (text.trim() !== '' && Number.isFinite(hours)) return hours;
  throw new McError('mc:cli:usage', `--window ${text} is no number of hours.`);
}

/** Every port of one simulated process. */
import { createSecretKey, sign } from 'node:crypto';
import type { Digest } from '../../../shared/core/digest.ts';
import { InvariantError, McError } from '../../../shared/core/errors.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { openSmall } from '../../../shared/encryption/seal.ts';
import { ulidIds } from '../../../shared/embedded/ulid-ids.ts';
import type { Clock } from '../../../shared/port/clock.ts';
import { DataKeyId, type DataKeys } from '../../../shared/port/keys/data-keys.ts';
import type { Deps, HomeConfig } from '../../../shared/port/deps.ts';
import type { AuthorityKey, AuthorityKeys } from '../../../shared/port/keys/authority-keys.ts';
import type { LogKey } from '../../../shared/port/keys/log-key.ts';
import type { Logger } from '../../../shared/port/logger.ts';
import type { PackLibrary } from '../../../shared/port/pack-library.ts';
import type { Phases } from '../../../shared/port/phases.ts';
import type { Signer } from '../../../shared/port/keys/signer.ts';
import type { Table } from '../../../shared/port/table.ts';
import type { WrappingKey } from '../../../shared/port/keys/wrapping-key.ts';
import type { TaskQueue } from '../../../shared/port/task-queue.ts';
import { keyIdOf } from '../../../shared/receipt/key-id.ts';
import type { BlobsPort } from './blobs-port.ts';
import { logKeyPair, receiptKeyPair } from './fixed-keys.ts';
import { policyPort } from './policy-port.ts';
import { runnerPort, type FindBehaviour } from './runner-port.ts';
import { networkRefusals, type SimulatedProcess } from '../world/simulated-process.ts';

const { privateKey, publicKey } = receiptKeyPair();
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const keyId = keyIdOf(pem);

/** What receipts have to verify with. */
export const receiptKey = { pem, keyId } as const;

export const homeConfig: HomeConfig = {
  region: 'US',
  declaredRegion: null,
  cloud: 'local',
  builderId: 'https://maestro-conductor.dev/homes/simulated',
  version: '0.0.0-sim',
  encryption: 'none',
  ownerTenant: TenantId.parse('local'),
};

/** Signs at once and always well. */
export const plainSigner: Signer = {
  publicKey: async () => ({ pem, keyId }),
  sign: async (message) => ({ bytes: sign('sha256', message, { key: privateKey, dsaEncoding: 'der' }), key: receiptKey }),
};

const logKeys = logKeyPair();
export const plainLogKey: LogKey = {
  publicKey: async () => logKeys.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  sign: async (message) => sign(null, message, logKeys.privateKey),
};

/** The engine seals and logs; who vouches for its key is asked for afterwards. */
const stranger: AuthorityKey = { publicKey: nowhere, sign: nowhere };
export const noAuthority: AuthorityKeys = { certificates: stranger, timestamps: stranger, promises: stranger };

/** One data key for everything: what races for keys is tried elsewhere. Only the bytes of envelopes are random, and nothing depends on those. */
const dataKey = { id: DataKeyId.parse('2026-01.1'), key: createSecretKey(Buffer.alloc(32, 1)) };
export const plainDataKeys: DataKeys = { current: async () => dataKey, open: async () => dataKey, forget: () => undefined };

/** Keys stay as they are here. */
export const noRotation: Pick<Deps, 'signingKeys' | 'wrappingKeys' | 'rotations'> = {
  signingKeys: { active: nowhere, create: nowhere, activate: nowhere, destroy: nowhere, signWith: nowhere },
  wrappingKeys: { active: nowhere, create: nowhere, activate: nowhere, destroy: nowhere, prove: nowhere },
  rotations: { start: nowhere },
};

/** A value as it stands sealed in an item of this tenant. */
export function openValue(tenant: TenantId, { sealed, digest }: { sealed: string; digest: Digest }): string {
  return openSmall(dataKey.key, { tenant, purpose: 'value', digest }, Buffer.from(sealed, 'base64')).toString();
}

/** Nobody makes data keys here. */
export const noWrapping: WrappingKey = { currentId: nowhere, generate: nowhere, unwrap: nowhere, rewrap: nowhere };

/** The engine judges with packs, but never looks into one. */
export const noPacks: PackLibrary = {
  shipped: nowhere,
  findArchive: nowhere,
  baseQuestion: {},
  inspect: nowhere,
  tryOut: nowhere,
  open: nowhere,
};

function nowhere(): never {
  throw new InvariantError('the engine has no business with this');
}

/** What of a process its home decides. */
export interface HomeParts {
  table: Table;
  blobs: BlobsPort;
  queue: TaskQueue;
  phases: Phases;
  behaviourOf: FindBehaviour;
  isDenied: (workflow: string, taskId: string) => boolean;
}

export function processDeps(process: SimulatedProcess, parts: HomeParts): Deps {
  const { world } = process;
  const { behaviourOf, isDenied, ...rest } = parts;
  const clock = clockOf(process);
  return {
    ...rest,
    config: homeConfig,
    signer: signerOf(process),
    logKey: plainLogKey,
    dataKeys: plainDataKeys,
    wrappingKey: noWrapping,
    authority: noAuthority,
    ...noRotation,
    policy: policyPort(process, isDenied),
    packs: noPacks,
    runner: runnerPort(process, behaviourOf),
    clock,
    ids: ulidIds(clock, () => world.random.next()),
    logger: loggerOf(process),
    metrics: { count: () => undefined, record: () => undefined },
    faults: {
      hit: (point) => {
        world.note(`at ${point}`);
        if (world.strikes('stallAtPoint')) return process.sleep(world.stallMs());
        if (!world.strikes('crashAtPoint')) return undefined;
        world.note(`crash at ${point}`);
        process.kill(`at ${point}`);
        return new Promise<void>(() => undefined);
      },
    },
  };
}

/** Log lines go to the trace; a broken invariant is never only a line. */
export function loggerOf(process: SimulatedProcess): Logger {
  const tell =
    (level: string) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      const broken = invariantIn(fields?.['error']);
      if (broken) process.world.violate('no invariant breaks', `${message}: ${stackOf(broken)}`);
      process.tell(() => `${level} ${message} ${told(fields)}`);
    };
  return { info: tell('info'), warn: tell('warn'), error: tell('error') };
}

/** The interpreter wraps what a state throws. */
function invariantIn(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  return error.name === 'InvariantError' ? error : invariantIn(error.cause);
}

function told(fields: Readonly<Record<string, unknown>> = {}): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value instanceof Error ? stackOf(value) : String(value)}`)
    .join(' ');
}

/** Where it was thrown, up to the event in which that was: who drives the world is no part of it. */
function stackOf({ stack, message }: Error): string {
  const lines = (stack ?? message).split('\n');
  const end = lines.findIndex((line) => line.includes('/sim/world/scheduler.ts'));
  return lines.slice(0, end === -1 ? undefined : end).join('\n');
}

export function clockOf(process: SimulatedProcess): Clock {
  const { world } = process;
  return {
    now: () => world.wallTime + process.skewMs,
    elapsedMs: () => world.now,
    sleep: (ms, signal) => process.sleep(ms, signal),
  };
}

function signerOf(process: SimulatedProcess): Signer {
  const { world } = process;
  const refusals = [...networkRefusals, (): McError => new McError('mc:key:unreadable', 'simulated: no key')];
  return {
    publicKey: async () => ({ pem, keyId }),
    sign: (message) =>
      process.step({ name: 'sign', isWrite: false, refusals }, () => {
        const isBad = world.strikes('badSignature');
        if (isBad) world.note('bad signature');
        const signed = isBad ? Buffer.concat([message, Buffer.from('!')]) : message;
        return { bytes: sign('sha256', signed, { key: privateKey, dsaEncoding: 'der' }), key: receiptKey };
      }),
  };
}

import {
  AlreadyExistsException,
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSInvalidStateException,
  NotFoundException,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
  type CreateKeyCommandInput,
  type KeyMetadata,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { McError } from '../core/errors.ts';

/** The longest that KMS waits and can be asked to stop: a key that somebody turns out to need comes back until then. */
const deletionDays = 30;
/** The shortest, for a key that never did anything. */
const unusedDays = 7;

/** The keys of KMS that one alias names, one after the other; each new one also has an alias of its own, by which a repeated call finds it. */
export class KmsKeyVersions {
  readonly #client: KMSClient;
  readonly #alias: string;
  readonly #spec: Pick<CreateKeyCommandInput, 'KeySpec' | 'KeyUsage' | 'Description'>;

  constructor(client: KMSClient, alias: string, spec: Pick<CreateKeyCommandInput, 'KeySpec' | 'KeyUsage' | 'Description'>) {
    this.#client = client;
    this.#alias = alias;
    this.#spec = spec;
  }

  /** ARN of the key that the alias names now. */
  async active(): Promise<string> {
    return arnOf(await this.#describe(this.#alias));
  }

  /** ARN of the key with this name, made at the first call. A call that cannot name the key that it made gives it up. */
  async create(name: string): Promise<string> {
    const alias = `${this.#alias}-${name}`;
    return (await this.#find(alias)) ?? this.#make(alias);
  }

  /** Has the alias name `next`; throws `mc:key:rotation-conflict` when it names neither of the two. */
  async activate(next: string, previous: string): Promise<void> {
    const active = await this.active();
    if (active === next) return;
    if (active !== previous) throw new McError('mc:key:rotation-conflict', `the alias ${this.#alias} names ${active} by now`);
    await askKms(() => this.#client.send(new UpdateAliasCommand({ AliasName: this.#alias, TargetKeyId: next })));
  }

  /** Schedules the deletion; until then the key does nothing, and can be had back. Refuses the key that the alias names. */
  async destroy(arn: string): Promise<{ goneAt: number }> {
    if ((await this.active()) === arn) throw new McError('mc:key:rotation-conflict', `${arn} is the key in use`);
    return { goneAt: await this.#delete(arn, deletionDays) };
  }

  async #make(alias: string): Promise<string> {
    const Tags = [{ TagKey: 'maestro-alias', TagValue: alias }];
    const { KeyMetadata } = await askKms(() => this.#client.send(new CreateKeyCommand({ ...this.#spec, Tags })));
    const arn = arnOf(KeyMetadata);
    try {
      await askKms(() => this.#client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: arn })));
      return arn;
    } catch (error) {
      // The alias may name this key for all that, when only an answer was lost, or that of another caller who made one at the same time.
      const named = await this.#find(alias);
      if (named === arn) return arn;
      // KMS has the alias and does not tell everybody yet which key it names. The next call is told.
      if (named === undefined && isCausedBy(error, AlreadyExistsException)) throw error;
      // This one did nothing. Each key that is kept costs money, and whoever called tries again.
      await this.#delete(arn, unusedDays);
      if (named === undefined) throw error;
      return named;
    }
  }

  async #delete(arn: string, days: number): Promise<number> {
    try {
      const command = new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: days });
      return dateOf((await askKms(() => this.#client.send(command))).DeletionDate);
    } catch (error) {
      if (!isUnusableInKms(error)) throw error;
      // Scheduled by an earlier call.
      return dateOf((await this.#describe(arn)).DeletionDate);
    }
  }

  /** ARN of the key that the alias names, or undefined when there is no such alias. */
  async #find(alias: string): Promise<string | undefined> {
    try {
      return arnOf(await this.#describe(alias));
    } catch (error) {
      if (isCausedBy(error, NotFoundException)) return undefined;
      throw error;
    }
  }

  async #describe(name: string): Promise<KeyMetadata> {
    const { KeyMetadata } = await askKms(() => this.#client.send(new DescribeKeyCommand({ KeyId: name })));
    if (!KeyMetadata) throw new McError('mc:key:unreadable', `KMS does not say what ${name} is`);
    return KeyMetadata;
  }
}

/** Whether KMS has the key no more, or will not use it: deleted, on its way to that, or disabled. */
export function isUnusableInKms(error: unknown): boolean {
  return isCausedBy(error, NotFoundException) || isCausedBy(error, KMSInvalidStateException);
}

function isCausedBy(
  error: unknown,
  Cause: typeof NotFoundException | typeof AlreadyExistsException | typeof KMSInvalidStateException,
): boolean {
  return error instanceof McError && error.cause instanceof Cause;
}

/** What KMS answers; every failure is `mc:store:unavailable`, with what KMS said as its cause. */
export async function askKms<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new McError('mc:store:unavailable', 'the key in KMS does not answer', { cause });
  }
}

function arnOf(metadata: KeyMetadata | undefined): string {
  if (metadata?.Arn === undefined) throw new McError('mc:key:unreadable', 'KMS answered without the name of a key');
  return metadata.Arn;
}

function dateOf(date: Date | undefined): number {
  if (date === undefined) throw new McError('mc:key:unreadable', 'KMS does not say when the key is deleted');
  return date.getTime();
}

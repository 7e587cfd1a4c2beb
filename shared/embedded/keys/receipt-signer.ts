/** The keys that an embedded home signs with: files of mode 0600, and a row of the table that says which of them is in use. */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { McError } from '../../core/errors.ts';
import type { PublicKey, Signature, SignedStatement, Signer } from '../../port/keys/signer.ts';
import type { SigningKeys, SigningKeyVersion } from '../../port/keys/signing-keys.ts';
import type { Table } from '../../port/table.ts';
import { folderError } from '../folder-error.ts';
import { openKeyFile } from './key-file.ts';
import { openRecordedKey } from './recorded-key.ts';
import type { SigningThread } from './signing-thread.ts';
import { SoftwareSigner } from './software-signer.ts';
import { syncFolderNow } from '../sync-folder.ts';

const record = { pk: 'SYS#KEYS', sk: 'RECEIPT-SIGNER' } as const;
const firstFile = 'receipt-signer.pem';
/** Homes that never rotated name no file. */
const ActiveRow = z.looseObject({ keyId: z.string(), file: z.string().default(firstFile) });

export class ReceiptSigner implements Signer, SigningKeys {
  readonly #table: Table;
  readonly #folder: string;
  readonly #thread: SigningThread | undefined;
  #active: { file: string; signer: SoftwareSigner };

  /** For a home that is open; `open` makes one of the files. Without a thread everything is signed in libuv's pool. */
  constructor(table: Table, folder: string, active: { file: string; signer: SoftwareSigner }, thread?: SigningThread) {
    this.#table = table;
    this.#folder = folder;
    this.#active = active;
    this.#thread = thread;
  }

  /** Throws `mc:key:unreadable` when the file of the key in use is gone or holds another one; the first key is made at the first start of the home. */
  static async open(table: Table, folder: string, thread?: SigningThread): Promise<ReceiptSigner> {
    const stored = await table.get(record);
    const file = stored ? ActiveRow.parse(stored).file : firstFile;
    const key = await openRecordedKey(table, {
      path: join(folder, file),
      kind: 'P-256',
      record,
      idOf: async (found) => (await new SoftwareSigner(found).publicKey()).keyId,
      use: 'signs',
    });
    return new ReceiptSigner(table, folder, { file, signer: new SoftwareSigner(key) }, thread);
  }

  async publicKey(): Promise<PublicKey> {
    return this.#active.signer.publicKey();
  }

  async sign(message: Uint8Array): Promise<Signature> {
    return this.#active.signer.sign(message);
  }

  async signBeside(payload: string, trusted: (keyId: string) => Promise<PublicKey>): Promise<SignedStatement | undefined> {
    return this.#thread && this.#active.signer.signIn(this.#thread, payload, trusted);
  }

  async active(): Promise<SigningKeyVersion> {
    return { ...(await this.publicKey()), handle: this.#active.file };
  }

  async create(name: string): Promise<SigningKeyVersion> {
    const file = `receipt-signer-${name}.pem`;
    if (!existsSync(this.#pathOf(file))) this.#make(file);
    // A process that died between the two names of a key would leave it under both.
    rmSync(draftOf(this.#pathOf(file)), { force: true });
    return { ...(await this.#open(file).publicKey()), handle: file };
  }

  async signWith(handle: string, message: Uint8Array): Promise<Uint8Array> {
    return (await this.#open(handle).sign(message)).bytes;
  }

  async activate(next: SigningKeyVersion, previous: SigningKeyVersion): Promise<void> {
    const signer = this.#open(next.handle);
    if (this.#active.file !== next.handle) {
      const conditions = [{ kind: 'compare', field: 'keyId', op: '=', value: previous.keyId }] as const;
      const set = { keyId: next.keyId, file: next.handle };
      const { ok } = await this.#table.write([{ kind: 'update', key: record, set, conditions }]);
      // Who took the same step at the same time has written the same.
      const isDone = ok || (await this.#table.get(record))?.['keyId'] === next.keyId;
      if (!isDone) throw new McError('mc:key:rotation-conflict', `this home does not sign with ${previous.keyId} any more`);
    }
    // One assignment: a signature is made, and named, by the one key or by the other.
    this.#active = { file: next.handle, signer };
  }

  async destroy({ handle }: SigningKeyVersion): Promise<{ goneAt: null }> {
    if (handle === this.#active.file) throw new McError('mc:key:rotation-conflict', `${handle} is the key in use`);
    try {
      rmSync(this.#pathOf(handle), { force: true });
      syncFolderNow(this.#folder);
    } catch (error) {
      throw folderError(this.#pathOf(handle), error);
    }
    return { goneAt: null };
  }

  /** Whole under its name or not there at all, whenever the process dies: written elsewhere, then linked. */
  #make(file: string): void {
    const path = this.#pathOf(file);
    const draft = draftOf(path);
    try {
      rmSync(draft, { force: true });
      openKeyFile(draft);
      syncPath(draft);
      linkSync(draft, path);
      syncFolderNow(this.#folder);
    } catch (error) {
      throw error instanceof McError ? error : folderError(path, error);
    }
  }

  #open(handle: string): SoftwareSigner {
    const path = this.#pathOf(handle);
    const refuse = (): never => {
      throw new McError('mc:key:unreadable', `the key file ${path} is gone`);
    };
    return new SoftwareSigner(openKeyFile(path, { whenAbsent: refuse }));
  }

  #pathOf(handle: string): string {
    // Handles come from the table; none of them names a file elsewhere.
    return join(this.#folder, basename(handle));
  }
}

const draftOf = (path: string): string => `${path}.draft`;

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

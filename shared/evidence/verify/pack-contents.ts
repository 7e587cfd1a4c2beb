/** What was read of a pack: every file by its name, with the text of those that are looked at. */
import type { Json } from '../../core/json/canonical-json.ts';
import type { Digest } from '../../core/digest.ts';
import type { PackEntry } from '../pack/pack-entry.ts';
import type { ReadFile } from './read-archive.ts';
import { refusePack } from './refuse-pack.ts';

export class PackContents {
  readonly files: ReadFile[] = [];
  readonly #byPath = new Map<string, ReadFile>();
  #entries: ReadonlyMap<string, PackEntry> = new Map();

  add(file: ReadFile): void {
    this.files.push(file);
    this.#byPath.set(file.path, file);
  }

  /** What the manifest says of each file, once it is verified. */
  describe(entries: readonly PackEntry[]): void {
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  entry(path: string): PackEntry | undefined {
    return this.#entries.get(path);
  }

  /** The digest of the file before anything was withheld from it. */
  original(path: string): Digest | undefined {
    const entry = this.#entries.get(path);
    return entry && (entry.source?.digest ?? entry.digest);
  }

  text(path: string): string {
    const bytes = this.#byPath.get(path)?.bytes;
    if (!bytes) throw refusePack(`it has no ${path}`);
    return bytes.toString('utf8');
  }

  json(path: string): Json {
    try {
      return JSON.parse(this.text(path)) as Json; // JSON.parse gives nothing else.
    } catch (error) {
      if (error instanceof SyntaxError) throw refusePack(`${path} is not JSON`, error);
      throw error;
    }
  }
}

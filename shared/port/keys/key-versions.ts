/** One version of a key of this home, by the name under which its secret half is kept: in a file, or the ARN of a key in KMS. */
export interface KeyVersion {
  keyId: string;
  handle: string;
  /** The public half, SubjectPublicKeyInfo in PEM; null for a key that has none. */
  pem: string | null;
}

/** Makes, puts to use and destroys the versions of a key. Every call may be made again after a crash, and then changes nothing more. */
export interface KeyVersions<K extends KeyVersion = KeyVersion> {
  /** The version in use. */
  active(): Promise<K>;
  /** A new version of this name, durable before it is answered; the same name gives the same version again. */
  create(name: string): Promise<K>;
  /** From now on `next` is in use. Throws `mc:key:rotation-conflict` when neither `previous` nor `next` is. */
  activate(next: K, previous: K): Promise<void>;
  /** Makes a version unusable for good, never the one in use; answers from when on it is beyond recovery, null for now. */
  destroy(version: K): Promise<{ goneAt: number | null }>;
}

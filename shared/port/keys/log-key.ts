/** The Ed25519 key of the home's transparency log, which never leaves its home (a file of mode 0600, or KMS). It signs checkpoints and nothing else. */
export interface LogKey {
  /** SubjectPublicKeyInfo in PEM. */
  publicKey(): Promise<string>;
  /** Ed25519 over the message itself; the same message gives the same signature. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

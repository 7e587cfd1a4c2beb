/** An ECDSA P-256 key of one of the home's authorities; its private half never leaves its home (a file of mode 0600, or KMS). */
export interface AuthorityKey {
  /** The public half, SubjectPublicKeyInfo in PEM. */
  publicKey(): Promise<{ pem: string }>;
  /** ECDSA over SHA-256 of the message, DER encoded. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The keys with which a home vouches for its signers. Each does one thing, so that none can be talked into another's. */
export interface AuthorityKeys {
  /** Signs certificates. */
  certificates: AuthorityKey;
  /** Signs RFC 3161 timestamps. */
  timestamps: AuthorityKey;
  /** Promises that a certificate will stand in the transparency log (RFC 6962 §3.2). */
  promises: AuthorityKey;
}

/** The public half of a signing key, as it is published and put beside signatures. */
export interface PublicKey {
  /** `SHA256:<unpadded base64>` over the OpenSSH wire form of the key: the only non-empty key id cosign accepts. */
  keyId: string;
  /** SubjectPublicKeyInfo in PEM. */
  pem: string;
}

/** Signs with an ECDSA P-256 key that never leaves its home (a file of mode 0600, or KMS). */
export interface Signer {
  publicKey(): Promise<PublicKey>;
  /** ECDSA over SHA-256 of the message, DER encoded. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

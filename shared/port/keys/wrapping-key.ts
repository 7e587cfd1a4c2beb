/** What a wrapped key belongs to; the very same context opens it again, any other does not. Not secret: it stands in the audit log of KMS. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** A data key as it is stored: readable only by whoever may use the wrapping key. */
export interface WrappedKey {
  /** The wrapping key that did it. */
  wrappedBy: string;
  /** Base64. */
  wrapped: string;
}

/** The key that wraps data keys and never leaves its home (a file of mode 0600, or KMS). Older ones open what they wrapped until they are retired. */
export interface WrappingKey {
  /** Names the key that wraps from now on. */
  currentId(): Promise<string>;
  /** A new random data key of 256 bits, open and wrapped. */
  generate(context: EncryptionContext): Promise<WrappedKey & { key: Uint8Array }>;
  /** The data key. Throws `mc:store:undecryptable` for another context or changed bytes, `mc:key:unreadable` when the wrapping key is gone. */
  unwrap(wrapped: WrappedKey, context: EncryptionContext): Promise<Uint8Array>;
  /** The same data key, wrapped by the current key; throws like `unwrap`. */
  rewrap(wrapped: WrappedKey, context: EncryptionContext): Promise<WrappedKey>;
}

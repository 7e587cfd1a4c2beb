/** DSSE v1 pre-authentication encoding: the exact bytes that are signed, so that a payload can never be taken for one of another type. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(preAuthHead(payloadType, payload.byteLength)), payload]);
}

/** What stands before the payload in that encoding, for a payload of so many bytes. */
export function preAuthHead(payloadType: string, payloadBytes: number): string {
  return `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payloadBytes} `;
}

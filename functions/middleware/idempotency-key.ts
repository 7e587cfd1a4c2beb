/** Visible ASCII; 255 as in the IETF draft's examples and in what payment APIs take. */
export const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/;

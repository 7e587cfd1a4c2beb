import type { Socket } from 'node:net';

/**
 * Makes two connections one. Each direction ends by itself, as its sender ends it, and what was sent before an end still arrives, however slowly it is read.
 * Both must be half-open connections, and bounded in the time in which nothing moves: an end that nobody reads would wait for ever.
 */
export function tunnel(one: Socket, other: Socket): void {
  carry(one, other);
  carry(other, one);
}

function carry(from: Socket, to: Socket): void {
  from.pipe(to);
  // Nobody is left to talk to, but what came from there may not have been read yet.
  from.once('close', () => to.destroySoon());
}

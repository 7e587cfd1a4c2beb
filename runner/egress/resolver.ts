import { Resolver as DnsResolver } from 'node:dns/promises';

/** Finds the addresses of a name. Rejects, or answers none, when there is none. */
export interface Resolver {
  resolve(host: string): Promise<string[]>;
}

/** A name server that takes longer is as good as none; each server is asked twice. */
const timeoutMs = 2_500;
const tries = 2;

/**
 * Asks the name servers of the machine. Not its hosts file, whose names are for the machine and not for tasks, and not through `getaddrinfo`, which would
 * hold one of the four threads that files are read with.
 */
export class NameServerResolver implements Resolver {
  readonly #dns = new DnsResolver({ timeout: timeoutMs, tries });

  async resolve(host: string): Promise<string[]> {
    const answers = await Promise.allSettled([this.#dns.resolve4(host), this.#dns.resolve6(host)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }
}

/** The way to the network of one attempt: none for a task that declares no egress, otherwise a proxy of its own, and what the log says about it. */
import type { EgressTrace } from '../../shared/port/egress-trace.ts';
import { egressReasons } from '../../shared/port/egress-trace.ts';
import type { TaskSpec } from '../../shared/port/runner.ts';
import { EgressProxy } from './egress-proxy.ts';
import { NameServerResolver, type Resolver } from './resolver.ts';

export interface EgressOptions {
  /** Default: the name servers of the machine. */
  resolver?: Resolver;
  /** Targets `address:port` on loopback that tests may reach. No manifest, setting or request leads here. */
  loopbackTargets?: readonly string[];
}

/** What of the sandbox matters to it. */
export interface EgressPlace {
  /** Where the socket is made. */
  socket: string;
  /** Whether the task has no other way to the network. */
  networkBlocked: boolean;
  /** Takes a line for the log of the attempt. */
  say: (text: string) => void;
}

type EgressSpec = Pick<TaskSpec, 'egress' | 'egressMode'>;

export class AttemptEgress {
  readonly #proxy: EgressProxy | undefined;

  private constructor(proxy: EgressProxy | undefined) {
    this.#proxy = proxy;
  }

  /** Opens the way. Throws `mc:runner:refused` when a declared egress cannot be had. */
  static async open({ egress, egressMode }: EgressSpec, place: EgressPlace, options: EgressOptions = {}): Promise<AttemptEgress> {
    if (!place.networkBlocked)
      place.say('no network namespace can be had on this machine: nothing but policy keeps this task from the network');
    if (egress.length === 0) return new AttemptEgress(undefined);
    const hosts = egress.flatMap(({ host, ports }) => ports.map((port) => `${host}:${port}`)).join(' ');
    place.say(
      egressMode === 'enforce'
        ? `egress: only to ${hosts}`
        : `egress: SHADOW MODE, public hosts outside of the list are let through and written down; listed are ${hosts}`,
    );
    const proxy = await EgressProxy.start({
      path: place.socket,
      allow: egress,
      mode: egressMode,
      enforced: place.networkBlocked,
      resolver: options.resolver ?? new NameServerResolver(),
      loopbackTargets: options.loopbackTargets ?? [],
      onRow: ({ host, port, verdict, reason }) => {
        if (verdict !== 'allowed')
          place.say(`egress ${verdict}: ${host === '' ? 'an unreadable request' : `${host}:${port}`}, ${egressReasons[reason]}`);
      },
    });
    return new AttemptEgress(proxy);
  }

  /** Whether the task has a socket to go through. */
  get isOpen(): boolean {
    return this.#proxy !== undefined;
  }

  /** What became of its calls; null for a task without egress. */
  trace(): EgressTrace | null {
    return this.#proxy?.trace() ?? null;
  }

  /** Ends what is still open; safe to call twice. */
  async close(): Promise<void> {
    await this.#proxy?.stop();
  }
}

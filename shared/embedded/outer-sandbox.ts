import type { EgressTrace } from '../port/egress-trace.ts';
import type { LogLine, Sandbox, SandboxLevel, TaskResult } from '../port/runner.ts';

/** A sandbox around another one, which does all of the work. A class, because thousands of results wait in a burst: their sandboxes have the same methods. */
export class OuterSandbox implements Sandbox {
  readonly level: SandboxLevel;
  protected readonly inner: Sandbox;

  constructor(inner: Sandbox) {
    this.level = inner.level;
    this.inner = inner;
  }

  execute(signal: AbortSignal): Promise<TaskResult> {
    return this.inner.execute(signal);
  }

  collectEgress(): Promise<EgressTrace | null> {
    return this.inner.collectEgress();
  }

  collectLogs(): Promise<LogLine[]> {
    return this.inner.collectLogs();
  }

  release(): Promise<void> {
    return this.inner.release();
  }
}

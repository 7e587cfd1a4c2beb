/**
 * Decides when writes are committed together. A commit costs nearly the same for few ops as for many, so writes of one event-loop turn always share
 * one, and while commits follow each other closely, ops are gathered a little longer. What is committed while the disk is at work has to wait for it anyway, so that is gathered
 * too, unless it is enough for a commit.
 */

/** How long ops are gathered while commits follow each other closely. */
const gatherMs = 2;
/** Ops in one commit; larger transactions hold the event loop too long and raise the latency of every start. */
const opsPerCommit = 2_000;
/** A pause this long is used for work that no commit should have to do. */
const idleMs = 250;

export interface GroupCommitWork<W> {
  /** Commits these writes in one transaction, and answers their callers and resolves when the disk has it; never rejects. */
  commit(writes: readonly W[]): Promise<void>;
  /** Called once in a pause after commits. */
  idle(): void;
}

export class GroupCommit<W extends { ops: readonly unknown[] }> {
  readonly #work: GroupCommitWork<W>;
  #pending: W[] = [];
  #pendingOps = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #idle: NodeJS.Timeout | undefined;
  #committedAt = 0;
  #isHeld = false;
  /** Commits that the disk does not have yet. */
  #unsynced = 0;

  constructor(work: GroupCommitWork<W>) {
    this.#work = work;
  }

  add(write: W): void {
    this.#pending.push(write);
    this.#pendingOps += write.ops.length;
    this.#schedule();
  }

  /** Commits nothing before this resolves; what comes meanwhile waits. */
  hold(until: Promise<unknown>): void {
    this.#isHeld = true;
    void until.then(() => {
      this.#isHeld = false;
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  /** Commits everything that is pending, and schedules nothing more. */
  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#idle);
    if (this.#immediate) clearImmediate(this.#immediate);
    while (this.#pending.length > 0) void this.#work.commit(this.#takeBatch());
  }

  /** At the end of this turn when the disk is idle or a commit is full; else when the disk is done, and after the gathering time. */
  #schedule(): void {
    if (this.#immediate || this.#isHeld) return;
    const isFull = this.#pendingOps >= opsPerCommit;
    if (isFull || (this.#unsynced === 0 && performance.now() - this.#committedAt > gatherMs)) {
      clearTimeout(this.#timer);
      this.#immediate = setImmediate(() => this.#commitBatch());
    } else {
      this.#timer ??= setTimeout(() => this.#whenGathered(), gatherMs);
    }
  }

  /** Unless the disk is still at work: when it is done, the batch is due. */
  #whenGathered(): void {
    this.#timer = undefined;
    if (this.#unsynced === 0) this.#commitBatch();
  }

  #commitBatch(): void {
    this.#immediate = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    this.#unsynced += 1;
    void this.#work.commit(this.#takeBatch()).then(() => {
      this.#unsynced -= 1;
      if (this.#pending.length > 0) this.#schedule();
    });
    this.#committedAt = performance.now();
    if (this.#pending.length > 0) this.#schedule();
    this.#idle ??= setTimeout(() => this.#whenIdle(), idleMs).unref();
  }

  #whenIdle(): void {
    this.#idle = undefined;
    if (performance.now() - this.#committedAt >= idleMs) this.#work.idle();
    else this.#idle = setTimeout(() => this.#whenIdle(), idleMs).unref();
  }

  /** Whole writes, up to the size of a commit; a single larger write goes alone. */
  #takeBatch(): W[] {
    let ops = 0;
    let count = 0;
    for (const write of this.#pending) {
      ops += write.ops.length;
      if (count > 0 && ops > opsPerCommit) break;
      count += 1;
    }
    const batch = this.#pending.splice(0, count);
    for (const write of batch) this.#pendingOps -= write.ops.length;
    return batch;
  }
}

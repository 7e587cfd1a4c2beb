/**
 * Admissions that are written together: of a batch, or of one turn of this process. Each takes a slot and money of its tenant, so of those that are written one by one DynamoDB cancels all but one at a time,
 * and on one machine each is a change of the same two items; together they take slots and money once. They stay starts of their own: one that cannot be written is left out, and where
 * a cap has no room for all of them, they are written in smaller groups until it is full.
 */
import type { TenantId } from '../../core/tenant-id.ts';
import { tableLimits, type Table, type WriteResult } from '../../port/table.ts';
import { admissionOps, judgedOps, tenantOpAt, type AdmissionParts } from './admission.ts';

/** Writes an admission; the positions of what failed are those of its ops when it is written alone. */
export type WriteAdmission = (parts: AdmissionParts) => Promise<WriteResult>;

/** One of the starts that are written together. */
export interface JoinedStart {
  write: WriteAdmission;
  /** It has been written, or will not be: the others do not wait for it. */
  end: () => void;
}

interface Waiting {
  parts: AdmissionParts;
  resolve: (result: WriteResult) => void;
  reject: (error: unknown) => void;
}

export class JoinedAdmissions {
  readonly #table: Table;
  readonly #isInTurn: boolean;
  /** Starts that neither wait here nor are written nor have ended. */
  #awaited = 0;
  #waiting: Waiting[] = [];
  /** Of one write of those that wait. */
  #ops = judgedOps.length;
  #last: Promise<void> = Promise.resolve();

  /** `isInTurn`: one write begins when the one before has ended. */
  constructor(table: Table, { isInTurn }: { isInTurn: boolean }) {
    this.#table = table;
    this.#isInTurn = isInTurn;
  }

  /** One more start. Admissions are written when every start so far has come or has ended, and when no further one goes into the same write. */
  start(): JoinedStart {
    let isAwaited = true;
    this.#awaited += 1;
    const expect = (isExpected: boolean): void => {
      if (isExpected !== isAwaited) this.#awaited += isExpected ? 1 : -1;
      isAwaited = isExpected;
    };
    const write = async (parts: AdmissionParts): Promise<WriteResult> => {
      expect(false);
      let isWritten = false;
      try {
        const result = await this.#join(parts);
        isWritten = result.ok;
        return result;
      } finally {
        // Who was not written is judged again and comes once more, or gives up.
        expect(!isWritten);
      }
    };
    const end = (): void => {
      expect(false);
      if (this.#awaited === 0) this.#writeWaiting();
    };
    return { write, end };
  }

  #join(parts: AdmissionParts): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      const start = { parts, resolve, reject };
      if (parts.isJoinable) {
        if (!this.#hasRoomFor(parts)) this.#writeWaiting();
        this.#waiting.push(start);
        this.#ops += parts.own.length;
      } else {
        this.#begin([start]);
      }
      if (this.#awaited === 0 || this.#ops + parts.own.length > tableLimits.opsPerWrite) this.#writeWaiting();
    });
  }

  /** DynamoDB takes so many ops at once, and each item once; and all have to be judged by the same tenant and take the money of the same day. */
  #hasRoomFor({ tenant, claim, own, idempotencyKey }: AdmissionParts): boolean {
    const first = this.#waiting[0]?.parts;
    if (first === undefined) return true;
    const isJudgedAlike = first.tenant.id === tenant.id && first.tenant.version === tenant.version && first.claim.day === claim.day;
    if (!isJudgedAlike || this.#ops + own.length > tableLimits.opsPerWrite) return false;
    return idempotencyKey === undefined || this.#waiting.every(({ parts }) => parts.idempotencyKey !== idempotencyKey);
  }

  #writeWaiting(): void {
    const starts = this.#waiting;
    this.#waiting = [];
    this.#ops = judgedOps.length;
    if (starts.length > 0) this.#begin(starts);
  }

  #begin(starts: readonly Waiting[]): void {
    const write = (): Promise<void> =>
      this.#write(starts).catch((error: unknown) => {
        for (const { reject } of starts) reject(error); // Those that were answered keep their answer.
      });
    if (this.#isInTurn) this.#last = this.#last.then(write);
    else void write();
  }

  async #write(starts: readonly Waiting[]): Promise<void> {
    const result = await this.#table.write(admissionOps(starts.map(({ parts }) => parts)), { isForCaller: true });
    // All were judged by the tenant as it was.
    if (result.ok || starts.length === 1 || result.failed.includes(tenantOpAt)) {
      for (const { resolve } of starts) resolve(result);
      return;
    }
    const failed = ownFailures(starts, result.failed);
    for (const [start, positions] of failed) start.resolve({ ok: false, failed: positions });
    const left = starts.filter((start) => !failed.has(start));
    const middle = failed.size > 0 ? left.length : Math.ceil(left.length / 2);
    for (const some of [left.slice(0, middle), left.slice(middle)]) if (some.length > 0) await this.#write(some);
  }
}

/** Of what failed: what is a start's own, by the start, at the positions that it has when the start is written alone. */
function ownFailures(starts: readonly Waiting[], failed: readonly number[]): Map<Waiting, number[]> {
  const ofStarts = new Map<Waiting, number[]>();
  let from = judgedOps.length;
  for (const start of starts) {
    const end = from + start.parts.own.length;
    const own = failed.filter((at) => at >= from && at < end).map((at) => at - from + judgedOps.length);
    if (own.length > 0) ofStarts.set(start, own);
    from = end;
  }
  return ofStarts;
}

/** By table and tenant: the admissions of this turn. */
const ofTurns = new WeakMap<Table, Map<TenantId, JoinedAdmissions>>();

/** Writes an admission of a start that came alone, with those of its tenant that are there at the end of this turn. */
export function writeWithOthers(table: Table): WriteAdmission {
  return async (parts) => {
    const turns = ofTurns.get(table) ?? new Map<TenantId, JoinedAdmissions>();
    ofTurns.set(table, turns);
    const { write, end } = (turns.get(parts.tenant.id) ?? beginTurn(table, turns, parts.tenant.id)).start();
    try {
      return await write(parts);
    } finally {
      end(); // Whoever is judged again comes in another turn.
    }
  };
}

function beginTurn(table: Table, turns: Map<TenantId, JoinedAdmissions>, tenant: TenantId): JoinedAdmissions {
  const joined = new JoinedAdmissions(table, { isInTurn: false });
  turns.set(tenant, joined);
  const turn = joined.start();
  setImmediate(() => {
    turns.delete(tenant);
    turn.end();
  });
  return joined;
}

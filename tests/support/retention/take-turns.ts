/** How likely it is that who just went on goes on again: one of them often comes far while the other stands still. */
const staying = 0.85;

/** What one of the two does with its turns. */
export interface Turns {
  /** Resolves when it is this one's turn. */
  wait(): Promise<void>;
  /** This one needs no turn any more. */
  end(): void;
}

/** Two that go on in turns: each time that both wait, or the other has ended, one is let go on, whichever `random` says. */
export function takeTurns(random: () => number): readonly [Turns, Turns] {
  const waiting = [new Set<() => void>(), new Set<() => void>()];
  const isOpen = [true, true];
  let last = 0;
  const next = (): void => {
    const open = [0, 1].filter((who) => isOpen[who]);
    if (open.some((who) => waiting[who]?.size === 0)) return;
    if (!isOpen[last] || (open.length > 1 && random() > staying)) last = 1 - last;
    for (const go of waiting[last] ?? []) {
      waiting[last]?.delete(go);
      go();
      return;
    }
  };
  const turnsOf = (who: number): Turns => ({
    wait: async () =>
      new Promise((resolve) => {
        waiting[who]?.add(() => resolve());
        next();
      }),
    end() {
      isOpen[who] = false;
      next();
    },
  });
  return [turnsOf(0), turnsOf(1)];
}

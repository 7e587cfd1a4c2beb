/** What the packages of every world cost, in micro-dollars. */
export const prices = { work: { perRun: 10, perSecond: 100 }, undo: { perRun: 7, perSecond: 50 } } as const;

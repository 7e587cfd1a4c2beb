const startedRun = /"id":"(exec_[0-9A-Z]{26})"/;

/** The id of the run in the answer to a start, or to a line of a batch; parsing all of it would cost the driver more than it sends. Throws when nothing was started. */
export function startedId(answer: string): string {
  const id = startedRun.exec(answer)?.[1];
  if (id === undefined) throw new Error(`nothing was started: ${answer}`);
  return id;
}

const step = (id: string, more = ''): string => `  - { id: ${id}, uses: 'pkg:demo/echo@1.0.0', with: { message: hello }${more} }\n`;
const workflow = (name: string, tasks: string): string => `name: ${name}\nversion: 1.0.0\ntasks:\n${tasks}`;
const undone = ", compensate: { uses: 'pkg:demo/echo@1.0.0', with: { undo: true } }";

/** What is acted on: runs that a cancel finds in different states, runs that failed at their third step, runs that succeeded. */
export const workflows: readonly string[] = [
  workflow('running', step('endless', ', timeout: 1h')),
  // Its pauses add up to more than five minutes: longer than a measurement takes.
  workflow('pausing', step('flaky', ', retries: 10')),
  workflow('undoing', step('made', undone) + step('endless', ', timeout: 1h, needs: [made]')),
  workflow('failing', step('a') + step('b', ', needs: [a]') + step('broken', ', needs: [b]')),
  workflow('quick', step('a') + step('b', ', needs: [a]') + step('c', ', needs: [b]')),
];
